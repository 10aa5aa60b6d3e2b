import Flags
import Foundation
import Harness
import JSON
import Replication
import Synchronization
import Testing

@testable import Agent

@Suite struct LinkTests: LinkSuite {
    let directory: TemporaryDirectory
    let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    // MARK: The ordinary day

    @Test func anEmptyAgentFetchesAndThenFollows() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        #expect(agent.live.flags.flagCount == 21)
        #expect(agent.value(of: "checkout") == .bool(false))
        #expect(agent.live.flags.members(ofPilot: "staff")?.count == 2)
        #expect(agent.agent.counters.snapshots.load(ordering: .relaxed) == 1)
        try await heard(control, by: agent)

        await control.change([.put(checkout, History.on)])
        await control.change([.addMembers(pilot: "staff", ["eve"])])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(true))
        #expect(agent.live.flags.members(ofPilot: "staff")?.count == 3)
        #expect(agent.live.entryCount == control.state?.entryCount)
        let report = try #require(control.reports.last)
        #expect(report.name == "edge" && report.service == "checkout" && report.serviceVersion == "1.4.2")
        #expect(report.agent == agent.agent.identity.id && report.pid == UInt32(getpid()))
        #expect(report.conflict == "" && report.quarantinedCount == 0)
        #expect(agent.agent.counters.gaps.load(ordering: .relaxed) == 0)
        try await eventually("it is fresh") { _ in
            !agent.agent.live.staleness(atNanoseconds: MonotonicClock.nanoseconds).isStale
        }
        try await agent.stop()
        try await eventually("control hears the goodbye") { _ in control.goodbyes == [agent.agent.identity.id] }
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
        try await heard(control, by: agent)
        let before = agent.agent.counters.commits.load(ordering: .relaxed)
        for round in 1..<2_000 { control.changeSoon([.put(checkout, round % 2 == 0 ? History.on : History.off)]) }
        await control.change([.put(checkout, History.on)])
        #expect(control.state?.revision.number == 2_005)
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
        await control.change([.put(checkout, History.on)], .dropped)
        await control.change([.put(EntryKey(.flag, "flag-1"), History.off)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(true))
        #expect(agent.agent.counters.gaps.load(ordering: .relaxed) == 1)
        #expect(log.contains("gap: from 5 to "))
        try await eventually("the log says how it was healed") { _ in
            log.contains("healed: from 5 to ")
        }
        try await agent.stop()
        await control.stop()
    }

    @Test func aLostLastDeltaIsHealedByTheHeartbeat() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        await control.change([.put(checkout, History.on)], .dropped)
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
        await control.change([.replaceMembers(pilot: "staff", members)], .announced)
        try await caughtUp(agent, with: control)
        #expect(agent.live.flags.members(ofPilot: "staff")?.count == 60_000)
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
        #expect(log.contains("caught up by manifest to revision 5@"))
        #expect(log.contains("the digest had been"))
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
        await control.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: control)
        try await eventually("all four are counted") { _ in
            agent.agent.counters.malformedMessages.load(ordering: .relaxed) == 4
        }
        #expect(agent.value(of: "checkout") == .bool(true))
        try await agent.stop()
        await control.stop()
    }
}
