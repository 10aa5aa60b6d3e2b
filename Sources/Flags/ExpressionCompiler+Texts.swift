import JSON

/// The operators over texts.
extension ExpressionCompiler {
    mutating func concatenation(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        switch arguments {
        case .array(let elements):
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    try Self.concatenation(count: arguments.count, scope) { index throws(TargetingFault) in
                        try arguments[index].value(in: scope)
                    }
                }, list(elements, at: pointer))
        case .object:
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    switch try arguments[0].value(in: scope) {
                    case .string(let text): return .string(text)
                    case .array(let values):
                        try scope.spend(values.count)
                        return try Self.concatenation(count: values.count, scope) { values[$0] }
                    case let value: throw TargetingFault("\"cat\" got \(value.kindText); it takes texts and numbers")
                    }
                }, [compile(arguments, at: pointer)])
        case .string: return .constant(arguments)
        default:
            return refuse("\"cat\" got \(arguments.kindText)", "it takes a list of texts and numbers", at: pointer)
        }
    }

    /// As flagd's engine has it: of several parts, space around the whole is let go.
    private static func concatenation(
        count: Int, _ scope: Scope, _ argument: (Int) throws(TargetingFault) -> JSONValue
    ) throws(TargetingFault) -> JSONValue {
        if count == 1 { return .string(try Loose.text(try argument(0), for: "cat")) }
        var text = ""
        for index in 0..<count {
            text += try Loose.text(try argument(index), for: "cat")
            try scope.spend(text.utf8.count >> 6)
        }
        return .string(Loose.trimmed(text))
    }

    mutating func substring(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        guard case .array(let elements) = arguments else {
            return spread("substr", takes: "2 to 3", arguments, at: pointer) { values throws(TargetingFault) in
                guard values.count >= 2 else { throw TargetingFault("\"substr\" takes a text and where it begins") }
                return try Self.substring(values[0], values[1], values.count == 3 ? values[2] : nil)
            }
        }
        guard elements.count == 2 || elements.count == 3 else {
            return refuse("\"substr\" got \(elements.count) arguments", "it takes 2 to 3", at: pointer)
        }
        return .lazy(
            { arguments, scope throws(TargetingFault) in
                let text = try arguments[0].value(in: scope)
                let start = try arguments[1].value(in: scope)
                let length = arguments.count == 3 ? try arguments[2].value(in: scope) : nil
                if case .string(let text) = text { try scope.spend(text.utf8.count >> 6) }
                return try Self.substring(text, start, length)
            }, list(elements, at: pointer))
    }

    /// Counted in code points. A start beyond either end gives the whole text, as in flagd's engine.
    private static func substring(
        _ text: JSONValue, _ start: JSONValue, _ length: JSONValue?
    ) throws(TargetingFault) -> JSONValue {
        let text = try Loose.text(text, for: "substr")
        let points = text.unicodeScalars
        let count = points.count
        var from = whole(try Loose.strictNumber(start, for: "substr"))
        if from < 0 { from += count }
        guard (0...count).contains(from) else { return .string(text) }
        var to = count
        if let length {
            let length = whole(try Loose.strictNumber(length, for: "substr"))
            to = min(length < 0 ? count + length : from + length, count)
        }
        guard to >= from else { throw TargetingFault("\"substr\" would end before it begins") }
        let first = points.index(points.startIndex, offsetBy: from)
        return .string(String(points[first..<points.index(first, offsetBy: to - from)]))
    }

    private static func whole(_ number: Double) -> Int {
        number.isNaN ? 0 : Int(min(max(number, -1e15), 1e15))
    }

    /// Two texts, else null.
    mutating func textTest(
        _ name: String, _ holds: @escaping @Sendable (String, String) -> Bool, _ arguments: JSONValue,
        at pointer: JSONPointer
    ) -> Expression {
        let test: Expression.Binary = { text, part throws(TargetingFault) in
            guard case .string(let text) = text, case .string(let part) = part else { return .null }
            return .bool(holds(text, part))
        }
        switch arguments {
        case .array(let elements):
            guard elements.count == 2 else {
                return giveNull("\"\(name)\" got \(elements.count) arguments", "it takes 2 texts", at: pointer)
            }
            for (index, element) in elements.enumerated() {
                switch element {
                case .string, .object: continue
                default:
                    return giveNull(
                        "\"\(name)\" got \(element.kindText)", "it takes 2 texts", at: pointer.appending(index))
                }
            }
            let compiled = list(elements, at: pointer)
            return .binary(test, compiled[0], compiled[1])
        case .object:
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    guard case .array(let values) = try arguments[0].value(in: scope), values.count == 2 else {
                        return .null
                    }
                    return try test(values[0], values[1])
                }, [compile(arguments, at: pointer)])
        default: return giveNull("\"\(name)\" got \(arguments.kindText)", "it takes a list of 2 texts", at: pointer)
        }
    }

    /// `sem_ver`: version, relation, version, else null. What stands in the rule is read here.
    mutating func versionTest(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        guard case .array(let elements) = arguments else {
            guard case .object = arguments else {
                return giveNull("\"sem_ver\" got \(arguments.kindText)", Self.versionHint, at: pointer)
            }
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    guard case .array(let values) = try arguments[0].value(in: scope), values.count == 3 else {
                        return .null
                    }
                    return Self.holds(
                        SemanticVersion(values[0]), Self.relation(values[1]), SemanticVersion(values[2]))
                }, [compile(arguments, at: pointer)])
        }
        guard elements.count == 3 else {
            return giveNull("\"sem_ver\" got \(elements.count) arguments", Self.versionHint, at: pointer)
        }
        let compiled = list(elements, at: pointer)
        var versions: [SemanticVersion?] = [nil, nil]
        for (place, index) in [0, 2].enumerated() {
            guard case .constant(let value) = compiled[index] else { continue }
            guard let version = SemanticVersion(value) else {
                return giveNull(
                    "\(value.compactText()) is no version", "write it as in \"1.2.3\"", at: pointer.appending(index))
            }
            versions[place] = version
        }
        var relation: VersionRelation?
        if case .constant(let value) = compiled[1] {
            guard let known = Self.relation(value) else {
                let names = VersionRelation.allCases.map(\.rawValue).joined(separator: " ")
                return giveNull(
                    "\(value.compactText()) is no relation of versions", "the relations are \(names)",
                    at: pointer.appending(1))
            }
            relation = known
        }
        return .lazy(
            { [left = versions[0], right = versions[1], relation] arguments, scope throws(TargetingFault) in
                // All are evaluated, as all arguments are; constants cost nothing.
                let values = (
                    try arguments[0].value(in: scope), try arguments[1].value(in: scope),
                    try arguments[2].value(in: scope)
                )
                return Self.holds(
                    left ?? SemanticVersion(values.0), relation ?? Self.relation(values.1),
                    right ?? SemanticVersion(values.2))
            }, compiled)
    }

    private static let versionHint = "it takes 3: a version, a relation such as \">=\", and a version"

    private static func relation(_ value: JSONValue) -> VersionRelation? {
        value.stringValue.flatMap { VersionRelation(rawValue: $0) }
    }

    private static func holds(
        _ a: SemanticVersion?, _ relation: VersionRelation?, _ b: SemanticVersion?
    ) -> JSONValue {
        guard let a, let relation, let b else { return .null }
        return .bool(relation.holds(a, b))
    }
}
