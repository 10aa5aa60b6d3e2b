import JSON

/// The operators targeting may use. Another one is another entry here and nothing else.
enum OperatorTable {
    static subscript(name: String) -> Operator? { byName[ExactString(name)] }

    static let names = entries.map(\.name)

    /// Operators of flagd that aren't in the table, so that the refusal can say so.
    static let known: Set<String> = [
        "fractional", "sem_ver", "starts_with", "ends_with", "+", "-", "*", "/", "%", "min", "max", "cat", "substr",
        "merge", "map", "filter", "reduce", "all", "none", "some", "missing", "missing_some",
    ]

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
        .special("!") { $0.negation("!", $1, at: $2, negations: 1) },
        .special("!!") { $0.negation("!!", $1, at: $2, negations: 2) },
        .special("if", result: .branches) { $0.conditional("if", $1, at: $2) },
        .special("?:", result: .branches) { $0.conditional("?:", $1, at: $2) },
        .special("in") { $0.membership($1, at: $2) },
        .special("var", result: .variableDefault) { $0.variable($1, at: $2) },
        .special("in_pilot") { $0.pilot($1, at: $2) },
    ]
}
