import LookupProtocol

/// A lookup's value and how it came about.
public struct LookupDetails<Value: Sendable & Hashable>: Sendable, Hashable {
    /// The flag or the component that was asked for.
    public var key: String
    /// The flag's value or the component's version, or the default that the caller gave.
    public var value: Value
    /// The variant's or the version's name; nil when the value is the caller's default.
    public var variant: String?
    /// Why it is this value.
    public var reason: LookupReason
    /// What went wrong; nil unless the reason is ``LookupReason/error``.
    public var errorCode: LookupErrorCode?
    /// What went wrong, for people; nil unless the reason is ``LookupReason/error``. It begins with `agent unreachable`
    /// or `deadline exceeded` where that is what happened.
    public var errorMessage: String?
    /// The flag's or the component's metadata; empty when there is none. A version's upstream, if it has one, stands in it
    /// as `upstream`.
    public var metadata: [String: FlagValue]
    /// Which state the answer comes from; nil when no agent answered, or one without confirmed state.
    public var revision: FlagRevision?
    /// How fresh that state was; nil when no agent answered.
    public var staleness: Staleness?

    init(key: String, failed code: LookupErrorCode, _ message: String, defaultValue: Value) {
        self.key = MarkedKey.component(of: key) ?? key
        value = defaultValue
        reason = .error
        errorCode = code
        errorMessage = message
        metadata = [:]
    }
}

extension LookupDetails where Value: LookupValue {
    init(key: String, answer: FlagAnswer, defaultValue: Value) {
        let component = MarkedKey.component(of: key)
        self.key = component ?? key
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
                let title = component.map { "component \($0)" } ?? "flag \(key)"
                errorMessage = "the agent answered \(title) with another type than it was asked for"
            }
        }
    }
}
