import HTTPTypes

/// Header fields of ours, and those that the library has no name for.
extension HTTPField.Name {
    /// Who asks, as they say of themselves.
    static let actor = named("Pilotlight-Actor")
    /// The number at which the environment must stand for a change to be made.
    static let ifRevision = named("Pilotlight-If-Revision")
    /// The number of the environment's revision that an answer is of.
    static let revision = named("Pilotlight-Revision")
    static let idempotencyKey = named("Idempotency-Key")
    /// `true` on the answer to a request that came before under the same idempotency key.
    static let idempotentReplayed = named("Idempotent-Replayed")
    /// The number after which a stream of events goes on.
    static let lastEventID = named("Last-Event-ID")
    /// How the client reached the proxy before this node.
    static let forwardedProto = named("X-Forwarded-Proto")

    private static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is letters and hyphens") }
        return name
    }
}
