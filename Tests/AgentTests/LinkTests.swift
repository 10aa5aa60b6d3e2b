import Flags
import Foundation
import GRDB
import Harness
import JSON
import Replication
import Synchronization
import Testing

@testable import Agent

@Suite struct LinkTests {
    private let directory: TemporaryDirectory
    private let log = LogLines()
    private static let epoch = Epoch(counter: 1, id: 7)
    private let checkout = EntryKey(.flag, "checkout")

    init() throws { directory = try TemporaryDirectory() }

    private static func state(number: UInt64 = 5, epoch: Epoch = epoch, flags: Int = 20) -> ReplicatedState {
        var state = ReplicatedState(revision: Revision(epoch: epoch, number: number))
        state.apply((0..<flags).map { .put(EntryKey(.flag, "flag-\($0)"), History.on) })
        state.apply([
            .put(EntryKey(.flag, "checkout"), History.off), .put(EntryKey(.pilot, "staff"), Array("{}".utf8)),
            .addMembers(pilot: "staff", ["ann", "bob"]),
        ])
        return state
    }

    private func configuration(
        _ control: MiniControl, hosts: [String] = ["127.0.0.1"], staleAfter: Duration = .seconds(5)
    ) -> AgentConfiguration {
        AgentConfiguration(
            controlHosts: hosts, publishPort: control.publishPort, syncPort: control.syncPort,
            dataDirectory: directory.path("agent"), name: "edge", service: "checkout", serviceVersion: "1.4.2",
            staleAfter: staleAfter)
    }

    private func caughtUp(_ agent: RunningAgent, with control: MiniControl) async throws {
        try await eventually("the agent holds what control holds") { sighting in
            sighting.note("\(String(describing: agent.live.revision)) \(log.all.suffix(3))")
            return agent.live.revision != nil && agent.live.revision == control.state?.revision
        }
        try await eventually("control hears that it is applied and cached") { _ in
            control.reports.last?.revision == control.state?.revision
                && control.reports.last?.digest == control.state?.digest
        }
    }

    // MARK: The ordinary day

    @Test func anEmptyAgentFetchesAndThenFollows() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        #expect(agent.live.flags.flagCount == 21)
        #expect(agent.value(of: "checkout") == .bool(false))
        #expect(agent.live.flags.pilot("staff")?.count == 2)
        #expect(agent.agent.counters.snapshots.load(ordering: .relaxed) == 1)

        control.change([.put(checkout, History.on)])
        control.change([.addMembers(pilot: "staff", ["eve"])])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(true))
        #expect(agent.live.flags.pilot("staff")?.count == 3)
        #expect(agent.live.entryCount == control.state?.entryCount)
        let report = try #require(control.reports.last)
        #expect(report.name == "edge" && report.service == "checkout" && report.serviceVersion == "1.4.2")
        #expect(report.agent == agent.agent.identity.id && report.pid == UInt32(getpid()))
        #expect(report.conflict == "" && report.quarantinedCount == 0)
        #expect(agent.agent.counters.gaps.load(ordering: .relaxed) == 0)
        #expect(!agent.agent.live.staleness(atNanoseconds: MonotonicClock.nanoseconds).isStale)
        try await agent.stop()
        #expect(control.goodbyes == [agent.agent.identity.id])
        await control.stop()
    }

    @Test func emptinessIsConfirmedToo() async throws {
        let control = try await MiniControl.start(
            ReplicatedState(revision: Revision(epoch: Self.epoch, number: 0)))
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        #expect(agent.live.revision?.number == 0)
        try await agent.stop()
        await control.stop()
    }

    @Test func manyChangesTakeFewCommits() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        let before = agent.agent.counters.commits.load(ordering: .relaxed)
        for round in 0..<2_000 { control.change([.put(checkout, round % 2 == 0 ? History.on : History.off)]) }
        try await eventually("the changes are taken in") { _ in control.state?.revision.number == 2_005 }
        try await caughtUp(agent, with: control)
        let counters = agent.agent.counters
        #expect(counters.deltas.load(ordering: .relaxed) == 2_000)
        #expect(counters.commits.load(ordering: .relaxed) - before < 1_000)
        #expect(control.reports.count < 1_000)
        try await agent.stop()
        await control.stop()
    }

    // MARK: Healing

    @Test func aLostDeltaIsHealed() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        control.change([.put(checkout, History.on)], .dropped)
        control.change([.put(EntryKey(.flag, "flag-1"), History.off)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(true))
        #expect(agent.agent.counters.gaps.load(ordering: .relaxed) == 1)
        #expect(log.contains("gap: from 5 to 7"))
        try await eventually("the log says how it was healed") { _ in
            log.contains("healed: from 5 to 7, by deltas")
        }
        try await agent.stop()
        await control.stop()
    }

    @Test func aLostLastDeltaIsHealedByTheHeartbeat() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        control.change([.put(checkout, History.on)], .dropped)
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(true))
        #expect(log.contains("gap: from 5 to 6, noticed by a heartbeat"))
        try await agent.stop()
        await control.stop()
    }

    @Test func aLargeDeltaIsAnnouncedAndFetched() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        let members = (0..<60_000).map { "a-rather-long-user-name-\($0)" }
        control.change([.replaceMembers(pilot: "staff", members)], .announced)
        try await caughtUp(agent, with: control)
        #expect(agent.live.flags.pilot("staff")?.count == 60_000)
        try await agent.stop()
        await control.stop()
    }

    @Test func anotherDigestIsNoticedAndMended() async throws {
        let control = try await MiniControl.start(Self.state(flags: 20))
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        await control.stop()
        // The same history and number with another content: what only damage or a mistake can bring about.
        let other = try await MiniControl.start(
            Self.state(flags: 30), publishPort: control.publishPort, syncPort: control.syncPort)
        try await caughtUp(agent, with: other)
        #expect(agent.live.flags.flagCount == 31)
        #expect(log.contains("digest differs at revision 5"))
        try await agent.stop()
        await other.stop()
    }

    @Test func nonsenseIsDroppedAndCounted() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        control.publish(raw: [])
        control.publish(raw: [1, 2, 3])
        control.publish(raw: [99])
        control.reply(raw: [250, 1])
        control.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: control)
        try await eventually("all four are counted") { _ in
            agent.agent.counters.malformedMessages.load(ordering: .relaxed) == 4
        }
        #expect(agent.value(of: "checkout") == .bool(true))
        try await agent.stop()
        await control.stop()
    }

    // MARK: Without a control node

    @Test func itStartsFromTheCacheAlone() async throws {
        let control = try await MiniControl.start(Self.state())
        let first = try await RunningAgent(configuration(control), log)
        try await caughtUp(first, with: control)
        control.change([.put(checkout, History.on)])
        try await caughtUp(first, with: control)
        try await first.stop()
        await control.stop()

        let second = try await RunningAgent(configuration(control, staleAfter: .milliseconds(50)), log)
        #expect(second.live.revision?.number == 6)
        #expect(second.value(of: "checkout") == .bool(true))
        #expect(second.agent.identity.id == first.agent.identity.id)
        try await eventually("the log says that answers are stale") { _ in
            log.contains("stale: no heartbeat since the start; answering from revision 6")
        }
        // Control comes back with more: the agent goes on from where it is.
        var state = Self.state()
        state.apply([.put(checkout, History.on)])
        state.revision.number = 6
        let again = try await MiniControl.start(
            state, publishPort: control.publishPort, syncPort: control.syncPort)
        again.change([.put(checkout, History.off)])
        try await caughtUp(second, with: again)
        #expect(second.value(of: "checkout") == .bool(false))
        try await eventually("the log says that answers are fresh") { _ in log.contains("fresh: the control node") }
        #expect(second.agent.counters.snapshots.load(ordering: .relaxed) == 0)
        try await second.stop()
        await again.stop()
    }

    @Test func anAgentThatNeverHeardAnythingIsNotReady() async throws {
        let agent = try await RunningAgent(
            AgentConfiguration(publishPort: 1, syncPort: 1, dataDirectory: directory.path("agent")), log)
        #expect(agent.live.revision == nil)
        try await agent.stop()
    }

    @Test func theControlNodeComesBack() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control, staleAfter: .milliseconds(300)), log)
        try await caughtUp(agent, with: control)
        await control.stop()
        try await eventually("the agent says that it is alone") { _ in
            log.contains("lost the control node") && log.contains("stale: no heartbeat for")
        }
        let again = try await MiniControl.start(
            Self.state(), publishPort: control.publishPort, syncPort: control.syncPort)
        again.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: again)
        #expect(agent.value(of: "checkout") == .bool(true))
        try await agent.stop()
        await again.stop()
    }

    @Test func theHostThatIsHeardIsAsked() async throws {
        let control = try await MiniControl.start(Self.state(), host: "127.0.0.2")
        // Nothing listens on the first.
        let agent = try await RunningAgent(configuration(control, hosts: ["127.0.0.1", "127.0.0.2"]), log)
        try await caughtUp(agent, with: control)
        control.change([.put(checkout, History.on)], .dropped)
        try await caughtUp(agent, with: control)
        try await agent.stop()
        await control.stop()
    }

    // MARK: Other histories

    @Test func anotherHistoryEmptiesNobody() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        await control.stop()
        let empty = try await MiniControl.start(
            ReplicatedState(revision: Revision(epoch: Epoch(counter: 1, id: 99), number: 0)),
            publishPort: control.publishPort, syncPort: control.syncPort)
        try await eventually("control is told") { _ in
            empty.reports.last?.conflict.contains("keeps epoch 1.0000000000000007") == true
        }
        // Reports go on, and say what the agent holds; the log says it once.
        let heard = empty.reports.count
        try await eventually("more reports come") { _ in empty.reports.count > heard + 1 }
        #expect(agent.live.revision?.number == 5 && agent.live.flags.flagCount == 21)
        #expect(empty.reports.last?.revision == agent.live.revision)
        #expect(log.count(of: "keeps its state") == 1)
        #expect(agent.agent.counters.conflicts.load(ordering: .relaxed) == 1)
        await empty.stop()

        // A new epoch above is followed, whatever it holds.
        let next = try await MiniControl.start(
            Self.state(number: 9, epoch: Epoch(counter: 2, id: 99), flags: 3),
            publishPort: control.publishPort, syncPort: control.syncPort)
        try await caughtUp(agent, with: next)
        #expect(agent.live.flags.flagCount == 4)
        #expect(next.reports.last?.conflict == "")
        try await agent.stop()
        await next.stop()
    }

    // MARK: Entries that can't be compiled

    @Test func aQuarantinedEntryKeepsItsLastGoodFormAndBlocksNothing() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        control.change([.put(checkout, Array("{}".utf8))])
        control.change([.put(EntryKey(.flag, "flag-1"), History.off)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(false))
        #expect(agent.value(of: "flag-1") == .bool(false))
        #expect(agent.live.quarantined == ["flag:checkout"])
        #expect(control.reports.last?.quarantined == ["flag:checkout"])
        #expect(control.reports.last?.quarantinedCount == 1)
        #expect(log.contains("quarantined:"))

        // The last good form outlives the process.
        try await agent.stop()
        let again = try await RunningAgent(configuration(control), log)
        #expect(again.value(of: "checkout") == .bool(false))
        #expect(again.live.quarantined == ["flag:checkout"])

        control.change([.put(checkout, History.on)])
        try await caughtUp(again, with: control)
        #expect(again.live.quarantined == [])
        #expect(again.value(of: "checkout") == .bool(true))
        #expect(log.contains("out of quarantine"))
        try await again.stop()
        await control.stop()
    }

    // MARK: A disk that doesn't take it

    @Test func nothingIsShownThatIsNotCached() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        let other = try DatabaseQueue(path: directory.path("agent/cache.sqlite"))
        try await onThread {
            try other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        }
        control.change([.put(checkout, History.on)])
        control.change([.put(EntryKey(.flag, "flag-1"), History.off)])
        try await eventually("the write fails") { _ in agent.agent.counters.cacheFailures.load(ordering: .relaxed) > 0 }
        #expect(agent.live.revision?.number == 5)
        #expect(agent.value(of: "checkout") == .bool(false))
        // It reports what it has cached, and goes on answering.
        let heard = control.reports.count
        try await eventually("reports go on") { _ in control.reports.count > heard + 1 }
        #expect(control.reports.last?.revision?.number == 5)
        #expect(log.count(of: "the cache can't be written") == 1)
        try await onThread {
            try other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
            try other.close()
        }
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(true))
        #expect(log.contains("the cache can be written again"))
        try await agent.stop()
        await control.stop()
    }

    @Test func aCacheThatIsFoundDamagedWhileRunningIsWrittenAnew() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        // A constraint that fails stands for damage that SQLite finds while it writes.
        try await onThread { [directory] in
            let other = try DatabaseQueue(path: directory.path("agent/cache.sqlite"))
            try other.write {
                try $0.execute(
                    sql: """
                        CREATE TRIGGER broken BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'broken'); END
                        """)
            }
            try other.close()
        }
        control.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: control)
        #expect(log.contains("set the cache aside and write it anew"))
        try await agent.stop()
        let again = try await RunningAgent(configuration(control), log)
        #expect(again.live.revision == control.state?.revision)
        try await again.stop()
        await control.stop()
    }
}
