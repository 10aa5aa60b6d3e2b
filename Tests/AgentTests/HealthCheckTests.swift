import Foundation
import Harness
import JSON
import Outbound
import Replication
import Testing

@testable import Agent

/// A real HTTP server stands for the service.
@Suite struct HealthCheckTests: LinkSuite {
    let directory: TemporaryDirectory
    let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    private func started(
        _ control: MiniControl, asking url: String, waiting limit: Duration? = nil
    ) async throws -> RunningAgent {
        var configuration = configuration(control)
        configuration.health = try HTTPAddress(url)
        if let limit { configuration.healthTimeout = limit }
        return try await RunningAgent(configuration, log)
    }

    private func reported(_ health: ServiceHealth, to control: MiniControl) async throws {
        try await eventually("control hears that the service is \(health)") { sighting in
            sighting.note("\(control.reports.last.map { "\($0.health)" } ?? "no report") \(log.all.suffix(3))")
            return control.reports.last?.health == health
        }
    }

    @Test func itIsReportedAsItComesAndGoes() async throws {
        let service = try HealthServer(.answer(204))
        let control = try await MiniControl.start(Self.state())
        let agent = try await started(control, asking: service.url)
        try await reported(.passing, to: control)
        #expect(service.requests.first == "GET /healthz HTTP/1.1")
        #expect(log.contains("the service passes its health check"))

        service.set(.answer(503))
        try await reported(.failing, to: control)
        #expect(log.contains("warning: the service fails its health check: HTTP 503"))
        service.set(.answer(200))
        try await reported(.passing, to: control)

        // While it hangs, the agent does what it always does.
        service.set(.hang)
        await control.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: control)
        try await reported(.failing, to: control)
        #expect(log.contains("the service fails its health check: no answer within 2 s"))
        await control.change([.put(checkout, History.off)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(false))
        service.set(.answer(299))
        try await reported(.passing, to: control)

        service.stop()
        try await reported(.failing, to: control)
        #expect(log.contains("the service fails its health check: refused"))
        let back = try HealthServer(port: service.port, .answer(200))
        try await reported(.passing, to: control)
        // Once for each change, and it may have changed more often where this machine stood still for seconds.
        #expect(log.count(of: "the service passes its health check") >= 4)
        let words = log.all.filter { $0.contains(" its health check") }.map { $0.contains("passes") }
        #expect(zip(words, words.dropFirst()).allSatisfy { $0 != $1 }, "\(log.all)")
        back.set(.hang)
        try await agent.stop()
        back.stop()
        await control.stop()
    }

    @Test(arguments: [
        HealthServer.Conduct.redirect(to: "/elsewhere"), .answer(304), .answer(404), .hangHalfway,
    ])
    func whatIsNoWholeAnswerOfStatus2xxFails(conduct: HealthServer.Conduct) async throws {
        let service = try HealthServer(.answer(200))
        let control = try await MiniControl.start(Self.state())
        let agent = try await started(control, asking: service.url)
        try await reported(.passing, to: control)
        service.set(conduct)
        try await reported(.failing, to: control)
        #expect(service.requests.allSatisfy { $0 == "GET /healthz HTTP/1.1" })
        try await agent.stop()
        service.stop()
        await control.stop()
    }

    @Test func untilTheFirstAnswerItIsUnknown() async throws {
        let service = try HealthServer(.hang)
        let control = try await MiniControl.start(Self.state())
        let agent = try await started(control, asking: service.url, waiting: .seconds(3_600))
        try await eventually("the service is asked") { _ in !service.requests.isEmpty }
        let before = control.reports.count
        try await eventually("reports come meanwhile") { _ in control.reports.count >= before + 3 }
        #expect(control.reports.allSatisfy { $0.health == .unknown }, "\(control.reports.map(\.health))")
        service.stop()
        try await reported(.failing, to: control)
        try await agent.stop()
        await control.stop()
    }

    /// Without being told it is 2 s, which is too long for the one and not long enough for the other.
    @Test func itWaitsAsLongAsItIsTold() async throws {
        let service = try HealthServer(.answerLate(seconds: 1))
        let control = try await MiniControl.start(Self.state())
        let hasty = try await started(control, asking: service.url, waiting: .milliseconds(300))
        try await reported(.failing, to: control)
        #expect(log.contains("the service fails its health check: no answer within 0.3 s"))
        try await hasty.stop()
        service.stop()
        let slow = try HealthServer(.answerLate(seconds: 3))
        let patient = try await started(control, asking: slow.url, waiting: .seconds(3_600))
        try await reported(.passing, to: control)
        try await patient.stop()
        slow.stop()
        await control.stop()
    }

    @Test func aUnixSocketIsAskedToo() async throws {
        let path = directory.path("service.sock")
        let service = try HealthServer(socket: path, .answer(200))
        let control = try await MiniControl.start(Self.state())
        let agent = try await started(
            control, asking: "http+unix://\(path.replacingOccurrences(of: "/", with: "%2F"))/live?deep=1")
        try await reported(.passing, to: control)
        #expect(service.requests.first == "GET /live?deep=1 HTTP/1.1")
        try await agent.stop()
        service.stop()
        await control.stop()
    }

    @Test func withoutAnAddressNothingIsAsked() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        #expect(control.reports.allSatisfy { $0.health == .unchecked })
        #expect(!log.contains("health"))
        try await agent.stop()
        await control.stop()
    }

    @Test func aChangeDoesNotWaitForTheNextReport() async throws {
        let service = try HealthServer(.answer(200))
        let control = try await MiniControl.start(Self.state())
        let agent = try await started(control, asking: service.url)
        try await reported(.passing, to: control)
        let clock = ContinuousClock()
        var quickest = Duration.seconds(60)
        // A busy machine may hold up some of them: all five in one of these rounds is enough.
        for _ in 0..<6 where quickest >= .seconds(1) {
            var late = Duration.zero
            for health in [ServiceHealth.failing, .passing, .failing, .passing, .failing] {
                service.set(.answer(health == .passing ? 200 : 500))
                let known = try await awaited("the agent knows", every: .milliseconds(1)) { _ in
                    agent.agent.live.vitals.health == health ? clock.now : nil
                }
                let heard = try await awaited("control hears it", every: .milliseconds(1)) { _ in
                    control.reports.last?.health == health ? clock.now : nil
                }
                late += heard - known
            }
            quickest = min(quickest, late)
            service.set(.answer(200))
            try await reported(.passing, to: control)
        }
        // Reports come each second in any case: half a second late, in the middle.
        #expect(quickest < .seconds(1), "five changes were \(quickest) late")
        try await agent.stop()
        service.stop()
        await control.stop()
    }
}
