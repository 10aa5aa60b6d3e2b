/// Names and limits that both sides of the wire must agree on.
package enum Wire {
    /// The version of the messages. A side says which it understands when it says hello.
    package static let version: UInt16 = 2

    /// A delta larger than this is announced on PUB and fetched in parts of this size; a catch-up's chunks are bounded
    /// by it too, so that a herd of agents costs control (agents × one chunk) at most.
    package static let chunkBytes = 256 << 10

    /// No message is larger: one chunk, the longest key, and room for the frame around them.
    package static let maximumMessageBytes: Int64 = 8 << 20

    /// Keys that one fetch may name.
    package static let fetchKeys = 2_000

    /// Names of quarantined entries that one report carries; the count is exact all the same.
    package static let reportedNames = 50

    /// Subscription prefix and topic of an environment's publications. The slash at the end keeps `prod` from receiving
    /// what is meant for `production`.
    package static func topic(of environment: String) -> [UInt8] { Array("pilotlight/\(environment)/".utf8) }
}
