import Glibc
import Synchronization

/// Seconds since 1970 for evaluations. Shared by all who evaluate, and never runs backwards when the machine's clock is
/// set back: nobody's time ramp goes down.
package final class EvaluationClock: Sendable {
    private let latest = Atomic<Int64>(0)

    package init() {}

    package func unixSeconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = Int64(now.tv_sec)
        let before = latest.load(ordering: .relaxed)
        if seconds == before { return seconds }
        return latest.max(seconds, ordering: .relaxed).newValue
    }

    /// The same in milliseconds: the machine's clock, or, after that was set back, the beginning of the second that
    /// evaluations still go by.
    func unixMilliseconds() -> UInt64 {
        max(MonotonicClock.unixMilliseconds, UInt64(max(0, latest.load(ordering: .relaxed))) * 1_000)
    }
}
