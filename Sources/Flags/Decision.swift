import JSON

/// A compiled targeting as far as it decides between results: constant results are variants already, found by index.
indirect enum Decision: Sendable {
    struct Clause: Sendable {
        var condition: Expression
        var result: Decision
    }

    enum Outcome: Hashable {
        /// Index into the flag's variants.
        case variant(Int)
        /// Null: the default variant.
        case none
        /// The name that no variant has.
        case unknown(String)
    }

    case outcome(Outcome)
    case branches([Clause], otherwise: Decision)
    case computed(Expression)
    /// With what each share comes to.
    case fractional(Fractional, [Outcome])
    /// The second decides where the first gives null.
    case either(Decision, Decision)

    init(_ expression: Expression, variants: JSONObject) {
        switch expression {
        case .constant(let value) where value.isWritable:
            self = .outcome(Self.outcome(of: value, variants: variants))
        case .conditional(let clauses, let otherwise):
            self = .branches(
                clauses.map {
                    Clause(condition: $0.condition, result: Decision($0.result, variants: variants))
                }, otherwise: Decision(otherwise, variants: variants))
        case .fractional(let fractional):
            self = .fractional(fractional, fractional.variants.map { Self.outcome(of: $0, variants: variants) })
        default: self = .computed(expression)
        }
    }

    /// `next` decides where this gives null.
    func or(_ next: Decision) -> Decision {
        if case .outcome(.none) = next { return self }
        if case .outcome(.none) = self { return next }
        return .either(self, next)
    }

    func outcome(in scope: Scope, variants: JSONObject) throws(TargetingFault) -> Outcome {
        switch self {
        case .outcome(let outcome): return outcome
        case .branches(let clauses, let otherwise):
            for clause in clauses where try clause.condition.isTrue(in: scope) {
                return try clause.result.outcome(in: scope, variants: variants)
            }
            return try otherwise.outcome(in: scope, variants: variants)
        case .fractional(let fractional, let outcomes):
            switch try fractional.result(in: scope) {
            case .share(let index): return index.map { outcomes[$0] } ?? .none
            case .other(let value): return Self.outcome(of: value, variants: variants)
            }
        case .either(let first, let second):
            let outcome = try first.outcome(in: scope, variants: variants)
            if case .none = outcome { return try second.outcome(in: scope, variants: variants) }
            return outcome
        case .computed(let expression):
            let value = try expression.value(in: scope)
            guard value.isWritable else { throw TargetingFault("the result holds a number that is not finite") }
            return Self.outcome(of: value, variants: variants)
        }
    }

    /// What a result is called when it is taken for a variant's name; nil for null, arrays and objects.
    static func name(of value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .double(let value): NumberText.json(value)
        case .null, .array, .object: nil
        }
    }

    private static func outcome(of value: JSONValue, variants: JSONObject) -> Outcome {
        if value.isNull { return .none }
        guard let name = name(of: value) else { return .unknown(value.compactText()) }
        guard let index = variants.members.firstIndex(where: { $0.key.isExactly(name) }) else { return .unknown(name) }
        return .variant(index)
    }
}

extension JSONValue {
    /// JSON has no infinity, and no number that is none.
    fileprivate var isWritable: Bool {
        switch self {
        case .double(let value): value.isFinite
        case .array(let elements): elements.allSatisfy(\.isWritable)
        case .object(let object): object.members.allSatisfy(\.value.isWritable)
        default: true
        }
    }
}
