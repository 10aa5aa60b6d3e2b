/// One event of a release that the world is told of, as the store keeps it.
package struct StoredAnnouncement: Sendable, Hashable {
    /// Its place among all environments' announcements; 0 until it is stored.
    package var sequence: Int64 = 0
    package var environment: Int64
    /// Names the event, over retries and restarts too.
    package var id: String
    package var release: String
    /// `launched`, `held` or `rolled-back`.
    package var kind: String
    /// Milliseconds since 1970.
    package var time: Int64
    /// The JSON that is sent.
    package var body: [UInt8]

    package init(environment: Int64, id: String, release: String, kind: String, time: Int64, body: [UInt8]) {
        self.environment = environment
        self.id = id
        self.release = release
        self.kind = kind
        self.time = time
        self.body = body
    }
}

/// Who reads announcements one after the other, and remembers in the store how far it has got.
package enum AnnouncementReader: String, Sendable { case webhook }
