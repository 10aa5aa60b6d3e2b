import JSON
import LookupProtocol

/// Whom a lookup is about: what targeting and pilot groups decide by.
public struct EvaluationContext: Sendable, Hashable {
    /// Who it is: a user's id, say. Pilot groups go by it.
    public var targetingKey: String?
    /// What else is known about them, for targeting rules: `["plan": "gold"]`.
    ///
    /// A context of a targeting key alone is the cheapest: no JSON is written or read for it.
    public var attributes: [String: FlagValue]

    /// A context; without arguments it is about nobody in particular.
    public init(targetingKey: String? = nil, attributes: [String: FlagValue] = [:]) {
        self.targetingKey = targetingKey
        self.attributes = attributes
    }

    /// As a request carries it.
    func subject(wantsMetadata: Bool) throws(LookupProblem) -> LookupSubject {
        var subject = LookupSubject(targetingKey: targetingKey, wantsMetadata: wantsMetadata)
        guard !attributes.isEmpty else { return subject }
        guard let object = FlagValue.json(attributes) else { throw .contextNotFinite }
        var bytes: [UInt8] = []
        JSONValue.object(object).write(to: &bytes)
        subject.context = bytes
        return subject
    }
}
