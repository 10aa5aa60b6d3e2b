import Glibc

/// The clock of everything that is measured in one process: heartbeats, staleness, deadlines. Never set back.
package enum MonotonicClock {
    /// Nanoseconds since the machine started.
    package static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static var milliseconds: UInt64 { nanoseconds / 1_000_000 }

    /// Wall time, milliseconds since 1970.
    static var unixMilliseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
