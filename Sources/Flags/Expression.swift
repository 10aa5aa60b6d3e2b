import JSON

/// Targeting, compiled: operators looked up, paths split, constants folded into values.
indirect enum Expression: Sendable {
    /// An operator over arguments that are evaluated first.
    typealias Eager = @Sendable ([JSONValue]) throws(TargetingFault) -> JSONValue
    /// The same with exactly two, which spares the array.
    typealias Binary = @Sendable (JSONValue, JSONValue) throws(TargetingFault) -> JSONValue
    /// An operator that decides itself which of its arguments it evaluates.
    typealias Lazy = @Sendable ([Expression], Scope) throws(TargetingFault) -> JSONValue

    struct Clause: Sendable {
        var condition: Expression
        var result: Expression
    }

    case constant(JSONValue)
    /// An array with something to evaluate in it.
    case list([Expression])
    /// Where `shadowed`, what the path means around a list hides what it means in an element.
    case variable(VariablePath, otherwise: Expression?, shadowed: Bool)
    /// A `var` whose path is itself computed.
    case computedVariable(Expression)
    /// `var` of null: the data if it is a single value.
    case primitiveData
    case binary(Binary, Expression, Expression)
    /// An operator whose list of arguments is itself computed.
    case spread(name: String, Eager, Expression)
    case lazy(Lazy, [Expression])
    case conditional([Clause], otherwise: Expression)
    case not(Expression, negations: Int)
    /// `in` over many constant values.
    case inConstants(Expression, ConstantList)
    case fractional(Fractional)
    case inPilot(HashedKey, key: Expression?)
    /// Of the agent that evaluates.
    case runs(VersionRequirement)
    /// Fails when it is reached.
    case fault(TargetingFault)

    func value(in scope: Scope) throws(TargetingFault) -> JSONValue {
        switch self {
        case .constant(let value): return value
        case .list(let elements): return .array(try Self.values(of: elements, in: scope))
        case .variable(let path, let otherwise, let shadowed):
            if shadowed, let found = try valueAround(scope) { return found }
            // The default is evaluated first, as in flagd's engine: a fault in it is a fault of the whole.
            let fallback = try otherwise?.value(in: scope) ?? .null
            return try path.value(in: scope) ?? fallback
        case .computedVariable(let name):
            if let found = try valueAround(scope) { return found }
            return try Self.variable(named: try name.value(in: scope), in: scope)
        case .primitiveData: return try valueAround(scope) ?? Self.primitive(scope.data)
        case .binary(let body, let a, let b): return try body(try a.value(in: scope), try b.value(in: scope))
        case .spread(let name, let body, let arguments):
            guard case .array(let values) = try arguments.value(in: scope) else {
                throw TargetingFault("\"\(name)\" takes a list of values")
            }
            return try body(values)
        case .lazy(let body, let arguments): return try body(arguments, scope)
        case .conditional(let clauses, let otherwise):
            for clause in clauses where try clause.condition.isTrue(in: scope) {
                return try clause.result.value(in: scope)
            }
            return try otherwise.value(in: scope)
        case .fractional(let fractional):
            switch try fractional.result(in: scope) {
            case .share(let index): return index.map { fractional.variants[$0] } ?? .null
            case .other(let value): return value
            }
        case .not, .inConstants, .inPilot, .runs: return .bool(try isTrue(in: scope))
        case .fault(let fault): throw fault
        }
    }

    func isTrue(in scope: Scope) throws(TargetingFault) -> Bool {
        switch self {
        case .not(let argument, let negations):
            return try argument.isTrue(in: scope) != (negations % 2 == 1)
        case .inConstants(let needle, let list): return try list.contains(try needle.value(in: scope))
        case .inPilot(let name, let key): return try Self.isMember(of: name, key: key, in: scope)
        case .runs(let requirement): return requirement.isMet(by: scope.flags.identity)
        default: return Loose.isTrue(try value(in: scope))
        }
    }

    static func values(of expressions: [Expression], in scope: Scope) throws(TargetingFault) -> [JSONValue] {
        var values: [JSONValue] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try expression.value(in: scope)) }
        return values
    }

    /// What this variable means around the list whose element `scope` shows; nil for null and nothing.
    @inline(__always)
    private func valueAround(_ scope: Scope) throws(TargetingFault) -> JSONValue? {
        guard let outer = scope.outer else { return nil }
        let found = try value(in: outer.pointee)
        return found.isNull ? nil : found
    }

    /// No key is no error. Numbers are looked up by their decimal text.
    private static func isMember(
        of name: HashedKey, key: Expression?, in scope: Scope
    ) throws(TargetingFault) -> Bool {
        guard let pilot = scope.flags.pilot(name) else {
            throw TargetingFault("there is no pilot group \"\(name.text)\"")
        }
        guard let key else {
            guard let user = scope.targetingKey, !user.isEmpty else {
                return try pilot.containsNameless(in: scope)
            }
            return try pilot.contains(user, in: scope)
        }
        switch try key.value(in: scope) {
        case .string(let text): return try pilot.contains(text, in: scope)
        case .integer(let number): return try pilot.contains(String(number), in: scope)
        case .double(let number): return try pilot.contains(NumberText.json(number), in: scope)
        default: return false
        }
    }

    /// What `var` gives for a path that is known only now.
    static func variable(named name: JSONValue, in scope: Scope) throws(TargetingFault) -> JSONValue {
        switch name {
        case .null: return primitive(scope.data)
        case .string(let text):
            try scope.spend(1 + text.utf8.count >> 4)
            return try VariablePath(text).value(in: scope) ?? .null
        case .integer(let index): return try VariablePath(String(index)).value(in: scope) ?? .null
        case .double(let index): return try VariablePath(NumberText.plain(index)).value(in: scope) ?? .null
        case .array(let arguments):
            guard let first = arguments.first else { return scope.whole }
            guard !first.isNull, first.arrayValue == nil else {
                throw TargetingFault("\"var\" got \(first.kindText) as its path; it takes a string")
            }
            let value = try variable(named: first, in: scope)
            return value.isNull && arguments.count == 2 ? arguments[1] : value
        case .bool, .object: throw TargetingFault("\"var\" got \(name.kindText) as its path; it takes a string")
        }
    }

    private static func primitive(_ data: Scope.Data) -> JSONValue {
        guard case .value(let value) = data else { return .null }
        switch value {
        case .array, .object: return .null
        default: return value
        }
    }
}
