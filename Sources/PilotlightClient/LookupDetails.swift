import LookupProtocol

/// A lookup's value and how it came about.
public struct LookupDetails<Value: Sendable & Hashable>: Sendable, Hashable {
    /// The flag that was asked for.
    public var key: String
    /// The flag's value, or the default that the caller gave.
    public var value: Value
    /// The variant's name; nil when the value is the caller's default.
    public var variant: String?
    /// Why it is this value.
    public var reason: LookupReason
    /// What went wrong; nil unless the reason is ``LookupReason/error``.
    public var errorCode: LookupErrorCode?
    /// What went wrong, for people; nil unless the reason is ``LookupReason/error``. It begins with `agent unreachable`
    /// or `deadline exceeded` where that is what happened.
    public var errorMessage: String?
    /// The flag's metadata; empty when it has none.
    public var metadata: [String: FlagValue]
    /// Which state the answer comes from; nil when no agent answered, or one without confirmed state.
    public var revision: FlagRevision?
    /// How fresh that state was; nil when no agent answered.
    public var staleness: Staleness?

    init(key: String, failed code: LookupErrorCode, _ message: String, defaultValue: Value) {
        self.key = key
        value = defaultValue
        reason = .error
        errorCode = code
        errorMessage = message
        metadata = [:]
    }
}

extension LookupDetails where Value: LookupValue {
    init(key: String, answer: FlagAnswer, defaultValue: Value) {
        self.key = key
        value = defaultValue
        reason = LookupReason(answer.reason)
        metadata = answer.metadata.flatMap { FlagValue(bytes: $0)?.objectValue } ?? [:]
        revision = FlagRevision(answer.stamp)
        staleness = Staleness(answer.stamp)
        if let error = answer.error {
            errorCode = LookupErrorCode(error)
            errorMessage = answer.errorDetails
        } else if let sent = answer.value {
            if let read = Value(sent) {
                value = read
                variant = answer.variant
            } else {
                reason = .error
                errorCode = .typeMismatch
                errorMessage = "the agent answered flag \(key) with another type than it was asked for"
            }
        }
    }
}
