import Foundation
import Harness

/// A clock that the test sets, for one agent process: see Tests/ClockOffset.
final class ReleaseOpeningClock: Sendable {
    private let file: String

    /// - Parameter ahead: milliseconds by which it is ahead of the true time; negative: behind.
    init(_ name: String, in directory: TemporaryDirectory, ahead milliseconds: Int64) throws {
        file = try directory.write(name + ".clock", Self.bytes(milliseconds))
    }

    private static func bytes(_ milliseconds: Int64) -> [UInt8] {
        withUnsafeBytes(of: milliseconds) { Array($0) }
    }

    /// What an agent has to be started with to go by it.
    var variables: [String: String] {
        ["LD_PRELOAD": Pilotlight.builtFile("libClockOffset.so"), "PILOTLIGHT_CLOCK_OFFSET_FILE": file]
    }

    /// Sets it while the agent runs.
    func set(ahead milliseconds: Int64) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        // In place: the file is mapped.
        try handle.write(contentsOf: Data(Self.bytes(milliseconds)))
        try handle.close()
    }

    /// The true time, milliseconds since 1970.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
