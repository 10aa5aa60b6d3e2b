import Foundation

/// What local clocks of a time zone show. The zones are those that Foundation brings with it: no file of the machine is
/// needed.
package struct LocalClock: Sendable, Hashable {
    /// As in the tz database: `Europe/Berlin`.
    package let timeZone: String
    private let zone: TimeZone

    /// Which of two moments a local time means where clocks were set back and show it twice.
    package enum Twice: Sendable {
        case earlier
        case later
    }

    /// Nil for a time zone that isn't known.
    package init?(timeZone: String) {
        guard let zone = TimeZone(identifier: timeZone) else { return nil }
        self.timeZone = timeZone
        self.zone = zone
    }

    package static var knownTimeZones: [String] { TimeZone.knownTimeZoneIdentifiers }

    /// What clocks show at a moment, in seconds since 1970.
    package func time(at seconds: Int64) -> CivilTime { CivilTime(seconds: seconds + offset(at: seconds)) }

    /// The moment at which clocks show `time`, in seconds since 1970. Where they were set ahead and never show it, the
    /// moment at which that was done.
    package func seconds(of time: CivilTime, _ twice: Twice) -> Int64 {
        let local = time.seconds
        // No zone is set twice within two days, nor farther than a day.
        let offsets = [offset(at: local - 86_400), offset(at: local + 86_400)]
        let moments = offsets.map { local - $0 }.filter { $0 + offset(at: $0) == local }
        switch twice {
        case .earlier: if let first = moments.min() { return first }
        case .later: if let last = moments.max() { return last }
        }
        // Between these two clocks go from before `time` to after it.
        var before = local - max(offsets[0], offsets[1])
        var after = local - min(offsets[0], offsets[1])
        while after - before > 1 {
            let middle = before + (after - before) / 2
            if middle + offset(at: middle) < local { before = middle } else { after = middle }
        }
        return after
    }

    private func offset(at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
}
