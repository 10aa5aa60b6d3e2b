/// One moment by two clocks of the control node, in milliseconds since 1970.
package struct ReleaseTime: Sendable, Hashable {
    /// By the calendar: when a release opens, what a freeze covers, what records say.
    package var wall: Int64
    /// The wall clock at the process's start and the time since: a step of the clock doesn't move it. What stages are
    /// measured by.
    package var steady: Int64

    package init(wall: Int64, steady: Int64) {
        self.wall = wall
        self.steady = steady
    }

    /// Whole seconds since 1970, by the calendar.
    package var wallSeconds: Int64 { wall >= 0 ? wall / 1_000 : (wall - 999) / 1_000 }
}
