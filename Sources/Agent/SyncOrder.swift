import Replication

/// What the link's thread hands to the sync lane, done in this order.
enum SyncOrder: Sendable {
    /// To one control node, by its place among them.
    case send(peer: Int, SyncRequest.Body)
    /// This is cached and shown now: to be reported soon.
    case held(HeldState)
    /// The agent has news of itself: to be reported soon.
    case vitals
    /// To be reported before anything that follows.
    case report(HeldState)
    /// The last report, and the goodbye: the lane ends.
    case goodbye(HeldState)
}

/// What control is told that this agent holds: what is applied *and* cached, never what is only on its way.
struct HeldState: Sendable {
    var done: PendingCommit.Done
    /// Against which history it is kept; empty while control's is followed.
    var conflict = ""
}
