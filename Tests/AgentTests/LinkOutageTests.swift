import Flags
import Foundation
import GRDB
import Harness
import JSON
import Replication
import Synchronization
import Testing

@testable import Agent

/// A control node that is away or another one, entries that can't be compiled, a disk that doesn't take it.
@Suite struct LinkOutageTests: LinkSuite {
    let directory: TemporaryDirectory
    let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    // MARK: Without a control node

    @Test func itStartsFromTheCacheAlone() async throws {
        let control = try await MiniControl.start(Self.state())
        let first = try await RunningAgent(configuration(control), log)
        try await caughtUp(first, with: control)
        await control.change([.put(checkout, History.on)])
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
        await again.change([.put(checkout, History.off)])
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
        try await eventually("a heartbeat is heard") { _ in agent.agent.live.heardNumber == 5 }
        await control.stop()
        try await eventually("the agent says that it is alone") { sighting in
            sighting.note(log.all)
            return log.contains("lost the control node") && log.contains("stale: no heartbeat for")
        }
        let again = try await MiniControl.start(
            Self.state(), publishPort: control.publishPort, syncPort: control.syncPort)
        await again.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: again)
        #expect(agent.value(of: "checkout") == .bool(true))
        try await agent.stop()
        await again.stop()
    }

    @Test func theHostThatIsHeardIsAsked() async throws {
        let control = try await MiniControl.start(Self.state(), host: "127.0.0.2")
        // Nothing listens on the first: other tests' control nodes are on 127.0.0.1.
        let agent = try await RunningAgent(configuration(control, hosts: ["127.0.0.3", "127.0.0.2"]), log)
        try await caughtUp(agent, with: control)
        await control.change([.put(checkout, History.on)], .dropped)
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
        // The last heartbeat of the node before may arrive late, and is forgotten with the next one.
        try await eventually("there is no conflict any more") { _ in next.reports.last?.conflict == "" }
        try await agent.stop()
        await next.stop()
    }

    // MARK: Entries that can't be compiled

    @Test func aQuarantinedEntryKeepsItsLastGoodFormAndBlocksNothing() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        await control.change([.put(checkout, Array("{}".utf8))])
        await control.change([.put(EntryKey(.flag, "flag-1"), History.off)])
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

        await control.change([.put(checkout, History.on)])
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
        let agent = try await RunningAgent(self.configuration(control), log)
        try await caughtUp(agent, with: control)
        var configuration = Configuration()
        // The transaction stays open on purpose.
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.path("agent/cache.sqlite"), configuration: configuration)
        try await onThread {
            try other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        }
        await control.change([.put(checkout, History.on)])
        await control.change([.put(EntryKey(.flag, "flag-1"), History.off)])
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
        await control.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: control)
        #expect(log.contains("set the cache aside and write it anew"))
        try await agent.stop()
        let again = try await RunningAgent(configuration(control), log)
        #expect(again.live.revision == control.state?.revision)
        try await again.stop()
        await control.stop()
    }
}
