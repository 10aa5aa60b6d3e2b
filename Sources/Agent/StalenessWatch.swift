import Logging
import Replication

/// Says in the log when answers become stale, and when they are fresh again; once each.
struct StalenessWatch {
    private let startedAt: UInt64
    private var saidStale: Bool?

    /// - Parameter startedAt: monotonic nanoseconds.
    init(startedAt: UInt64) { self.startedAt = startedAt }

    mutating func look(at live: LiveState, _ logger: Logger) {
        let now = MonotonicClock.nanoseconds
        let staleness = live.staleness(atNanoseconds: now)
        if staleness.isStale {
            // A start isn't stale before it had time to hear anything.
            if saidStale == nil, Duration.nanoseconds(Int64(clamping: now - startedAt)) <= live.staleAfter { return }
            guard saidStale != true else { return }
            saidStale = true
            let revision = live.load().revision.map { "revision \($0.number)" } ?? "no confirmed state"
            if let silent = staleness.silentFor {
                logger.warning(
                    "stale: no heartbeat for \(silent.components.seconds) s; answering on from \(revision)")
            } else {
                logger.warning("stale: no heartbeat since the start; answering from \(revision)")
            }
        } else {
            guard saidStale != false else { return }
            saidStale = false
            logger.notice("fresh: the control node is heard, at revision \(live.heardNumber)")
        }
    }
}
