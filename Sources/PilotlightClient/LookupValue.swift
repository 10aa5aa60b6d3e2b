import LookupProtocol

/// The types that a lookup can ask for.
protocol LookupValue: Sendable, Hashable {
    static var wireType: ValueType { get }

    /// Nil if the answer is of another type.
    init?(_ answer: AnswerValue)
}

extension Bool: LookupValue {
    static let wireType = ValueType.bool

    init?(_ answer: AnswerValue) {
        guard case .bool(let value) = answer else { return nil }
        self = value
    }
}

extension String: LookupValue {
    static let wireType = ValueType.string

    init?(_ answer: AnswerValue) {
        guard case .string(let value) = answer else { return nil }
        self = value
    }
}

extension Int: LookupValue {
    static let wireType = ValueType.integer

    init?(_ answer: AnswerValue) {
        guard case .integer(let value) = answer else { return nil }
        self.init(value)
    }
}

extension Double: LookupValue {
    static let wireType = ValueType.double

    init?(_ answer: AnswerValue) {
        guard case .double(let value) = answer else { return nil }
        self = value
    }
}

extension FlagValue: LookupValue {
    static let wireType = ValueType.object

    init?(_ answer: AnswerValue) {
        guard case .object(let bytes) = answer else { return nil }
        self.init(bytes: bytes)
    }
}
