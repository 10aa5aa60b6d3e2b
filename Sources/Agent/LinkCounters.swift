import Synchronization

/// What the link and its sync lane have done since this process started, for health and metrics. Written by their threads,
/// read by any.
package final class LinkCounters: Sendable {
    /// Transactions on the cache.
    package let commits = Atomic<UInt64>(0)
    /// Revisions that came as deltas.
    package let deltas = Atomic<UInt64>(0)
    /// States that were fetched by manifest.
    package let snapshots = Atomic<UInt64>(0)
    package let gaps = Atomic<UInt64>(0)
    package let digestMismatches = Atomic<UInt64>(0)
    package let cacheFailures = Atomic<UInt64>(0)
    package let malformedMessages = Atomic<UInt64>(0)
    package let connects = Atomic<UInt64>(0)
    package let reports = Atomic<UInt64>(0)
    /// Kills that came ahead of their turn.
    package let urgentKills = Atomic<UInt64>(0)
    /// Of these, the ones that are in force now and haven't come in their turn yet.
    package let killsAhead = Atomic<Int>(0)
    /// Control nodes whose sync connection stands.
    package let connected = Atomic<Int>(0)
    /// 1 while this agent keeps its state against another history.
    package let conflicts = Atomic<Int>(0)

    package init() {}
}

extension Atomic<UInt64> {
    /// One more, or so many.
    func count(_ more: UInt64 = 1) { wrappingAdd(more, ordering: .relaxed) }
}
