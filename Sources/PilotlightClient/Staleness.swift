import LookupProtocol

/// How fresh the agent's state was when it answered. Stale answers are still the best there are.
public struct Staleness: Sendable, Hashable {
    /// No heartbeat of the control node for longer than the agent's limit (`--stale-after`), or none yet.
    public var isStale: Bool
    /// Time since the last heartbeat, to the millisecond; nil while there was none since the agent started.
    public var sinceHeartbeat: Duration?

    init(_ stamp: StateStamp) {
        isStale = stamp.isStale
        sinceHeartbeat = stamp.stalenessMilliseconds.map { .milliseconds(Int64($0)) }
    }
}
