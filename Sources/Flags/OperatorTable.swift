import JSON

/// The operators targeting may use. Another one is another entry here and nothing else.
enum OperatorTable {
    static subscript(name: String) -> Operator? { byName[ExactString(name)] }

    static let names = entries.map(\.name)

    private static let byName = Dictionary(uniqueKeysWithValues: entries.map { (ExactString($0.name), $0) })

    private static let entries: [Operator] = [
        .binary("==") { a, b throws(TargetingFault) in .bool(Loose.equal(a, b)) },
        .binary("!=") { a, b throws(TargetingFault) in .bool(!Loose.equal(a, b)) },
        .binary("===") { a, b throws(TargetingFault) in .bool(Loose.identical(a, b)) },
        .binary("!==") { a, b throws(TargetingFault) in .bool(!Loose.identical(a, b)) },
        .ordering("<") { Loose.less($0, $1) },
        .ordering("<=") { Loose.lessOrEqual($0, $1) },
        .ordering(">") { Loose.less($1, $0) },
        .ordering(">=") { Loose.lessOrEqual($1, $0) },
        .lazy("and", result: .firstFalsyOrLast) { arguments, scope throws(TargetingFault) in
            var last = JSONValue.null
            for argument in arguments {
                last = try argument.value(in: scope)
                if !Loose.isTrue(last) { break }
            }
            return last
        },
        .lazy("or", result: .firstTruthyOrLast) { arguments, scope throws(TargetingFault) in
            var last = JSONValue.null
            for argument in arguments {
                last = try argument.value(in: scope)
                if Loose.isTrue(last) { break }
            }
            return last
        },
        Operator("!") { $0.negation("!", $1, at: $2, negations: 1) },
        Operator("!!") { $0.negation("!!", $1, at: $2, negations: 2) },
        Operator("if", result: .branches) { $0.conditional("if", $1, at: $2) },
        Operator("?:", result: .branches) { $0.conditional("?:", $1, at: $2) },
        .arithmetic(.sum), .arithmetic(.difference), .arithmetic(.product), .arithmetic(.quotient),
        .binary("%") { a, b throws(TargetingFault) in try ExpressionCompiler.remainder(a, b) },
        .arithmetic(.minimum), .arithmetic(.maximum),
        Operator("cat") { $0.concatenation($1, at: $2) },
        Operator("substr") { $0.substring($1, at: $2) },
        Operator("in") { $0.membership($1, at: $2) },
        Operator("merge") { $0.merging($1, at: $2) },
        .walk(.map), .walk(.filter), .walk(.all), .walk(.some), .walk(.none),
        Operator("reduce") { $0.reduction($1, at: $2) },
        Operator("var", result: .variableDefault) { $0.variable($1, at: $2) },
        Operator("missing") { $0.missing($1, at: $2) },
        Operator("missing_some") { $0.missingSome($1, at: $2) },
        Operator("fractional", result: .shares) { $0.fractional($1, at: $2) },
        Operator("sem_ver") { $0.versionTest($1, at: $2) },
        .textTest("starts_with") { $0.utf8.starts(with: $1.utf8) },
        .textTest("ends_with") { $0.utf8.reversed().starts(with: $1.utf8.reversed()) },
        Operator("in_pilot") { $0.pilot($1, at: $2) },
    ]
}
