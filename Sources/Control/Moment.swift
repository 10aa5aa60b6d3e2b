import Dispatch
import Foundation

/// One moment by two clocks: ages are told by the one that never jumps, records and displays by the calendar.
package struct Moment: Sendable, Hashable {
    /// Milliseconds that only rise; of no meaning outside this process.
    package var uptime: UInt64
    /// Milliseconds since 1970.
    package var wall: UInt64

    package init(uptime: UInt64, wall: UInt64) {
        self.uptime = uptime
        self.wall = wall
    }

    var wallMilliseconds: Int64 { Int64(clamping: wall) }
    var wallSeconds: Int64 { wallMilliseconds / 1_000 }

    package static var now: Moment {
        Moment(
            uptime: DispatchTime.now().uptimeNanoseconds / 1_000_000,
            wall: UInt64(max(0, Date().timeIntervalSince1970 * 1_000)))
    }
}
