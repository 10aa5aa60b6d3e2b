import Harness
import Testing

/// A control node that a test's variable was left set for.
@Suite("How long agents are live")
struct LiveForTests {
    private static let variable = "PILOTLIGHT_TEST_LIVE_FOR"

    @Test("what isn't production's is said at the start")
    func said() async throws {
        let directory = try TemporaryDirectory()
        let usual = try ControlProcess(data: directory.path("usual"), environment: ControlProcess.soonSilent)
        try await usual.start()
        #expect(!usual.logText.contains(Self.variable), "\(usual.logText)")
        let other = try ControlProcess(data: directory.path("other"), environment: [Self.variable: "60000"])
        try await other.start()
        let line = "\(Self.variable): agents count as live for 60000 ms after a report; for tests alone"
        let lines = other.logText.split(separator: "\n").filter { $0.contains(Self.variable) }
        #expect(lines.count == 1 && lines[0].contains("warning") && lines[0].contains(line), "\(other.logText)")
    }

    @Test("what can't be is refused, with its bounds")
    func refused() async throws {
        let directory = try TemporaryDirectory()
        let started = try await Pilotlight.run(
            ["control", "--data", directory.path("control"), "--api-port", "0"], environment: [Self.variable: "0"])
        #expect(started.code == 1 && started.errors.contains("1 to 900000 milliseconds"), "\(started)")
    }
}
