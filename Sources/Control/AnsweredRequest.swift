import Replication

/// A change that came with an idempotency key, and what it came to: whoever sends it again is answered the same and
/// changes nothing. Kept for `keptMilliseconds`.
struct AnsweredRequest: Sendable {
    var environment: Int64
    var key: String
    /// A hash of the request: another request under the same key is refused.
    var fingerprint: String
    var revision: Revision
    var published: Bool
    /// Milliseconds since 1970.
    var time: UInt64

    /// A day.
    static let keptMilliseconds: UInt64 = 24 * 3_600_000
}

/// What makes a repeated request known: chosen by the sender, and a hash of what was sent.
package struct IdempotencyKey: Sendable, Hashable {
    package var key: String
    package var fingerprint: String

    package init(key: String, fingerprint: String) {
        self.key = key
        self.fingerprint = fingerprint
    }

    static let longestBytes = 255
}

extension Refusal {
    static func usedTwice(_ sent: IdempotencyKey) -> Refusal {
        Refusal(
            .invalid, "Idempotency key used twice",
            detail: "the idempotency key \"\(sent.key)\" came with another request before",
            hint: "each change needs a key of its own; only a repetition bears the same")
    }
}
