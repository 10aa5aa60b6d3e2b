import Replication
import Testing

@testable import Control

@Suite struct RegistryTests {
    private static let start = Moment(uptime: 1_000_000, wall: 1_700_000_000_000)

    private func at(_ milliseconds: UInt64) -> Moment {
        Moment(uptime: Self.start.uptime + milliseconds, wall: Self.start.wall + milliseconds)
    }

    private func report(_ agent: String = "a1", boot: UInt64 = 1, number: UInt64 = 1, name: String = "web") -> Report {
        Report(
            agent: agent, name: name, boot: boot,
            revision: Revision(epoch: Epoch(counter: 1, id: 7), number: number), entryCount: 3, pid: 42)
    }

    private func state(_ registry: Registry, _ moment: Moment) -> Registry.State? {
        registry.fleet(of: "production", now: moment).first?.state
    }

    @Test func liveSilentGone() {
        var registry = Registry(started: Self.start)
        #expect(registry.hear(report(), environment: "production", now: at(0)) == .joined)
        #expect(state(registry, at(2_999)) == .live)
        #expect(state(registry, at(3_000)) == .silent)
        #expect(registry.expire(now: at(Registry.silentFor)).isEmpty)
        #expect(state(registry, at(Registry.silentFor)) == .silent)
        #expect(registry.expire(now: at(Registry.silentFor + 1)).map(\.id) == ["a1"])
        #expect(state(registry, at(Registry.silentFor + 1)) == .gone)
        #expect(registry.hear(report(), environment: "production", now: at(Registry.silentFor + 2)) == .returned)
        #expect(state(registry, at(Registry.silentFor + 3)) == .live)
    }

    @Test func howLongAReportKeepsAnAgentLiveMayBeSaid() {
        var registry = Registry(started: Self.start, liveFor: 60_000)
        _ = registry.hear(report(), environment: "production", now: at(0))
        #expect(state(registry, at(59_999)) == .live && state(registry, at(60_000)) == .silent)
    }

    /// What a release's gate could see differently is counted, and nothing else: reports come every second.
    @Test func whatGatesLookAtIsCounted() {
        var registry = Registry(started: Self.start)
        var count: UInt64 = 0
        func counts(_ change: (inout Report) -> Void = { _ in }, at moment: UInt64 = 0) -> UInt64 {
            var report = report()
            report.service = "shop"
            report.serviceVersion = "1.0"
            change(&report)
            _ = registry.hear(report, environment: "production", now: at(moment))
            defer { count = registry.generation }
            return registry.generation - count
        }
        #expect(counts() == 1)
        #expect(counts { $0.revision?.number = 9 } == 0)
        #expect(counts { $0.skew = 900 } == 0)
        #expect(counts { $0.skew = -1_001 } == 1)
        #expect(counts { $0.skew = -1_002 } == 0)
        #expect(counts { $0.serviceVersion = "1.1" } == 1)
        #expect(counts { $0.service = "cart" } == 1)
        #expect(counts { $0.health = .failing } == 1)
        #expect(counts() == 1)
        // Silent, and back.
        #expect(counts(at: 10_000) == 1)
        _ = registry.goodbye("a1", boot: 1, environment: "production", now: at(10_001))
        #expect(registry.generation == count + 1)
        _ = registry.forget("a1", environment: "production")
        #expect(registry.generation == count + 2)
    }

    @Test func knownAgentsAreAwaitedForAMomentAfterAStart() {
        let stored = AgentRecord(report(), environment: "production", at: Self.start.wall - 60_000)
        var registry = Registry([stored], started: Self.start)
        func isAwaited(_ moment: UInt64) -> Bool? {
            registry.fleet(of: "production", now: at(moment)).first?.isAwaited
        }
        #expect(isAwaited(0) == true)
        #expect(isAwaited(Registry.awaitedFor - 1) == true)
        #expect(isAwaited(Registry.awaitedFor) == false)
        _ = registry.hear(report(), environment: "production", now: at(5))
        #expect(isAwaited(6) == false)
        // Who said goodbye isn't waited for.
        var departed = stored
        departed.departure = .goodbye
        registry = Registry([departed], started: Self.start)
        #expect(isAwaited(0) == false)
    }

    @Test func goodbyeIsGoneAtOnceAndOnlyForItsOwnBoot() {
        var registry = Registry(started: Self.start)
        _ = registry.hear(report(boot: 2), environment: "production", now: at(0))
        let isTaken = registry.goodbye("a1", boot: 1, environment: "production", now: at(1))
        #expect(!isTaken)
        #expect(state(registry, at(2)) == .live)
        let isGone = registry.goodbye("a1", boot: 2, environment: "production", now: at(3))
        #expect(isGone)
        #expect(state(registry, at(4)) == .gone)
    }

    @Test func environmentsDontMix() {
        var registry = Registry(started: Self.start)
        _ = registry.hear(report(), environment: "production", now: at(0))
        _ = registry.hear(report(), environment: "staging", now: at(0))
        #expect(registry.fleet(of: "production", now: at(0)).count == 1)
        #expect(registry.fleet(of: "staging", now: at(0)).count == 1)
    }

    @Test func aRestartIsNoDuplicateButTwoAtOnceAre() {
        var registry = Registry(started: Self.start)
        _ = registry.hear(report(boot: 1), environment: "production", now: at(0))
        #expect(registry.hear(report(boot: 2), environment: "production", now: at(100)) == nil)
        #expect(registry.fleet(of: "production", now: at(100)).first?.isDuplicate == false)
        #expect(registry.hear(report(boot: 1), environment: "production", now: at(200)) == .duplicate)
        #expect(registry.fleet(of: "production", now: at(200)).first?.isDuplicate == true)
        // Said once, not with every report.
        #expect(registry.hear(report(boot: 2), environment: "production", now: at(300)) == nil)
        // One of them is stopped.
        #expect(registry.hear(report(boot: 2), environment: "production", now: at(20_000)) == .returned)
        #expect(registry.fleet(of: "production", now: at(20_000)).first?.isDuplicate == false)
    }

    @Test func itIsWrittenDownSparingly() {
        var registry = Registry(started: Self.start)
        _ = registry.hear(report(), environment: "production", now: at(0))
        #expect(registry.unwritten(now: at(1)).count == 1)
        _ = registry.hear(report(number: 2), environment: "production", now: at(100))
        #expect(registry.unwritten(now: at(101)).isEmpty)
        #expect(registry.unwritten(now: at(2_100)).count == 1)
        // Nothing new but the time.
        _ = registry.hear(report(number: 2), environment: "production", now: at(4_000))
        #expect(registry.unwritten(now: at(4_200)).isEmpty)
        _ = registry.hear(report(number: 2), environment: "production", now: at(33_000))
        #expect(registry.unwritten(now: at(33_001)).count == 1)
        let isGone = registry.goodbye("a1", boot: 1, environment: "production", now: at(33_100))
        #expect(isGone)
        #expect(registry.unwritten(now: at(33_101)).count == 1)
        let isForgotten = registry.forget("a1", environment: "production")
        #expect(isForgotten)
        #expect(registry.unwritten(now: at(33_102)).map { $0.record == nil } == [true])
        #expect(registry.fleet(of: "production", now: at(33_103)).isEmpty)
    }

    @Test func whatIsMeasuredAnewWithEachReportIsNoReasonToWrite() {
        var registry = Registry(started: Self.start)
        var said = report()
        _ = registry.hear(said, environment: "production", now: at(0))
        #expect(registry.unwritten(now: at(1)).count == 1)
        for round in 1...9 {
            said.skew = Int64(round)
            _ = registry.hear(said, environment: "production", now: at(UInt64(round) * 1_000))
            #expect(registry.unwritten(now: at(UInt64(round) * 1_000 + 1)).isEmpty)
        }
        said.health = .passing
        _ = registry.hear(said, environment: "production", now: at(10_000))
        #expect(registry.unwritten(now: at(12_001)).count == 1)
    }

    @Test func itSurvivesARestart() throws {
        var registry = Registry(started: Self.start)
        var said = report(number: 9)
        said.quarantined = ["flag:x"]
        said.conflict = "another history"
        said.service = "checkout"
        said.health = .failing
        said.skew = -1_400
        _ = registry.hear(said, environment: "production", now: at(0))
        let row = try #require(registry.unwritten(now: at(1)).first?.record)
        let record = try #require(AgentRecord(stored: row))
        // A minute of the old process's clock means nothing to the new one: the agent gets its time to report.
        let later = Moment(uptime: 5, wall: Self.start.wall + 3_600_000)
        let second = Registry([record], started: later)
        let entry = try #require(second.fleet(of: "production", now: later).first)
        #expect(entry.state == .silent)
        #expect(entry.record == record)
        #expect(entry.record.quarantined == ["flag:x"])
        #expect(entry.record.health == .failing && entry.record.skew == -1_400)
        #expect(entry.silentFor == 3_600_000)
        let afterLimit = Moment(uptime: 6 + Registry.silentFor, wall: later.wall + Registry.silentFor)
        #expect(second.fleet(of: "production", now: afterLimit).first?.state == .gone)
    }
}
