/// What a webhook's sender asks of the store.
struct WebhookOutbox: Sendable {
    /// The sequence of the last one that was taken, nil where none ever was, and of the newest there is, 0 for none.
    var position: @Sendable () async throws -> (taken: Int64?, newest: Int64)
    /// The first ones behind a sequence, in order.
    var following: @Sendable (Int64) async throws -> [StoredAnnouncement]
    /// Keeps the position, on disk.
    var keep: @Sendable (Int64) async throws -> Void
    /// Gives an element whenever there may be more.
    var changes: @Sendable () -> AsyncStream<Void>

    /// As many as are held in memory at once.
    private static let portion = 16
}

extension WebhookOutbox {
    init(_ store: StoreReader, _ committer: Committer, _ published: PublishedEnvironments) {
        position = { try await store.position(of: .webhook) }
        following = { try await store.announcements(after: $0, limit: Self.portion) }
        keep = { try await committer.took($0, by: .webhook) }
        changes = { published.changes() }
    }
}
