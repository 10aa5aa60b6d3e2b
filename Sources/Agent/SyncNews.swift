/// What the sync lane hands to the link's thread. Control nodes are named by their place among them.
enum SyncNews: Sendable {
    case connected(peer: Int)
    case disconnected(peer: Int)
    /// Encoded, as it came: a large chunk is read where there is time.
    case reply(peer: Int, [UInt8])
}
