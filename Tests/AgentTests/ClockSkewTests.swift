import Harness
import Replication
import Testing

@testable import Agent

@Suite struct ClockSkewTests: LinkSuite {
    let directory: TemporaryDirectory
    let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    private func reported(
        _ what: String, to control: MiniControl, _ isRight: (Int64?) -> Bool
    ) async throws {
        try await eventually("control hears of \(what)") { sighting in
            guard let report = control.reports.last else { return false }
            sighting.note(report.skew.map { "\($0)" } ?? "none")
            return isRight(report.skew)
        }
    }

    @Test func itIsReportedWhileControlIsHeard() async throws {
        let control = try await MiniControl.start(Self.state(), isMute: true)
        let agent = try await RunningAgent(configuration(control, staleAfter: .milliseconds(1_200)), log)
        try await eventually("it reports before it hears anything") { _ in !control.reports.isEmpty }
        #expect(control.reports.allSatisfy { $0.skew == nil })
        #expect(agent.agent.live.skew(atNanoseconds: MonotonicClock.nanoseconds) == nil)
        control.mute(false)
        try await reported("clocks that agree", to: control) { $0.map { abs($0) < 200 } ?? false }

        control.setClock(ahead: 1_500)
        try await reported("an agent that is behind", to: control) {
            $0.map { (-1_502 ... -1_300).contains($0) } ?? false
        }
        control.setClock(ahead: -7_200_000)
        try await reported("an agent that is ahead", to: control) {
            $0.map { (7_199_998...7_200_200).contains($0) } ?? false
        }
        control.mute(true)
        try await reported("silence", to: control) { $0 == nil }
        control.setClock(ahead: 0)
        control.mute(false)
        try await reported("clocks that agree again", to: control) { $0.map { abs($0) < 200 } ?? false }
        try await agent.stop()
        await control.stop()
    }

    @Test func evaluationsGoByTheClockThatIsCompared() {
        let clock = EvaluationClock()
        let now = MonotonicClock.unixMilliseconds
        #expect(clock.unixMilliseconds() >= now && clock.unixMilliseconds() < now + 10_000)
        #expect(clock.unixSeconds() <= Int64(clock.unixMilliseconds() / 1_000))
    }
}
