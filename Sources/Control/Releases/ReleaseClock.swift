import Releases

/// The time by which releases go: the calendar, and a clock beside it that goes on steadily whatever is done to the calendar,
/// over restarts too.
struct ReleaseClock: Sendable {
    /// Steady milliseconds when this process's uptime was 0.
    private let start: Int64

    /// - Parameter last: the two as they were last written down together: what passed since then, while nobody counted,
    ///   counts by the calendar. Nil: the steady clock begins with the calendar's time.
    init(after last: ReleaseTime?, at moment: Moment = .now) {
        let wall = Int64(clamping: moment.wall)
        let steady = last.map { $0.steady + max(0, wall - $0.wall) } ?? wall
        start = steady - Int64(clamping: moment.uptime)
    }

    var now: ReleaseTime { time(at: .now) }

    func time(at moment: Moment) -> ReleaseTime {
        ReleaseTime(wall: Int64(clamping: moment.wall), steady: start + Int64(clamping: moment.uptime))
    }
}
