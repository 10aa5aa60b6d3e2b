import Flags
import Foundation
import Harness
import JSON
import Replication
import Synchronization
import Testing

@testable import Agent

/// Kills that come ahead of their turn, on real sockets. Control beats once and never again, so that nothing but the
/// urgent copy tells of a delta that PUB dropped.
@Suite struct UrgentKillTests: LinkSuite {
    let directory: TemporaryDirectory
    let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    private static let never = 100_000_000
    private static let kill = Kill(variant: "off", value: .bool(false))
    private let killKey = EntryKey(.kill, "flag-1")
    private var killed: EntryChange { .put(killKey, Self.kill.storedBytes) }
    private var file: String { directory.path("agent/kills.overlay") }
    private var hasFile: Bool { FileManager.default.fileExists(atPath: file) }

    /// `flag-1` is on, and so is `child`, which requires it.
    private static func state() -> ReplicatedState {
        var state = Self.state(number: 5)
        let child = #"""
            {"defaultVariant":"off","prerequisites":[{"flag":"flag-1","variant":"on"}],"state":"ENABLED",\#
            "targeting":{"if":[true,"on"]},"variants":{"off":false,"on":true}}
            """#
        state.apply([.put(EntryKey(.flag, "child"), Array(child.utf8))])
        return state
    }

    private func start() async throws -> (MiniControl, RunningAgent) {
        let control = try await MiniControl.start(Self.state(), heartbeat: Self.never)
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        try await subscribed(agent, to: control)
        #expect(agent.value(of: "flag-1") == .bool(true))
        #expect(agent.value(of: "child") == .bool(true))
        return (control, agent)
    }

    /// Without heartbeats a delta that came too early for the subscription would never be missed.
    private func subscribed(_ agent: RunningAgent, to control: MiniControl) async throws {
        try await eventually("the subscription stands") { _ in
            await control.change([.put(EntryKey(.flag, "beacon"), History.on)])
            return agent.agent.counters.deltas.load(ordering: .relaxed) > 0
        }
        try await caughtUp(agent, with: control)
    }

    private func isKilled(_ agent: RunningAgent, _ key: String = "flag-1") async throws {
        try await eventually("\(key) is killed") { _ in agent.value(of: key) == .bool(false) }
    }

    @Test func aKillIsSeenWhilePublicationsAreLost() async throws {
        let (control, agent) = try await start()
        let told = Told(agent)
        let before = try #require(agent.live.revision)
        await control.change([killed], .dropped)
        try await isKilled(agent)
        #expect(agent.live.revision == before)
        #expect(agent.value(of: "child") == .bool(false))
        #expect(agent.live.flags.kill(of: "flag-1") == Self.kill)
        #expect(told.changes.map(\.flags) == [["child", "flag-1"]])
        #expect(hasFile)
        #expect(agent.agent.counters.urgentKills.load(ordering: .relaxed) == 1)
        #expect(agent.agent.counters.killsAhead.load(ordering: .relaxed) == 1)

        // The number is reached: the copy goes, the kill stays, by the delta alone.
        await control.change([.put(EntryKey(.flag, "flag-2"), History.off)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "flag-1") == .bool(false))
        try await eventually("the copy is dropped") { _ in
            !hasFile && agent.agent.counters.killsAhead.load(ordering: .relaxed) == 0
        }

        // In order, and exactly what was before.
        await control.change([.delete(killKey)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "flag-1") == .bool(true) && agent.value(of: "child") == .bool(true))
        #expect(agent.live.flags.kill(of: "flag-1") == nil)
        try await agent.stop()
        await control.stop()
    }

    @Test func itIsHeldOverARestartWithoutControl() async throws {
        let (control, agent) = try await start()
        await control.change([killed], .dropped)
        try await isKilled(agent)
        try await agent.stop()
        await control.stop()
        #expect(hasFile)

        let again = try await RunningAgent(configuration(control), log)
        #expect(again.value(of: "flag-1") == .bool(false))
        #expect(again.value(of: "child") == .bool(false))
        // Control comes back further on, where it is no longer killed.
        var state = try #require(control.state)
        state.apply([.delete(killKey)])
        state.revision.number += 1
        let next = try await MiniControl.start(
            state, publishPort: control.publishPort, syncPort: control.syncPort)
        try await caughtUp(again, with: next)
        #expect(again.value(of: "flag-1") == .bool(true))
        try await eventually("the copy is dropped") { _ in !hasFile }
        try await again.stop()
        await next.stop()
    }

    @Test func whatIsOfAnotherEpochOrReachedIsIgnored() async throws {
        let (control, agent) = try await start()
        let shown = try #require(agent.live.revision)
        func send(_ flag: String, _ revision: Revision) {
            control.reply(raw: SyncReply.kill(UrgentKill(flag: flag, kill: Self.kill, revision: revision)).encoded())
        }
        send("flag-1", shown)
        send("flag-2", Revision(epoch: shown.epoch, number: shown.number - 1))
        send("flag-3", Revision(epoch: Epoch(counter: 1, id: 8), number: shown.number + 1))
        send("flag-4", Revision(epoch: Epoch(counter: 2, id: 7), number: shown.number + 1))
        // Comes after them on the same connection.
        send("flag-5", Revision(epoch: shown.epoch, number: shown.number + 1))
        try await isKilled(agent, "flag-5")
        for flag in 1...4 { #expect(agent.value(of: "flag-\(flag)") == .bool(true)) }
        #expect(agent.agent.counters.urgentKills.load(ordering: .relaxed) == 1)
        // What comes late, when an unkill has passed it, kills nothing any more.
        await control.change([.put(EntryKey(.kill, "flag-6"), Self.kill.storedBytes)])
        await control.change([.delete(EntryKey(.kill, "flag-6"))])
        try await caughtUp(agent, with: control)
        send("flag-6", Revision(epoch: shown.epoch, number: shown.number + 1))
        let newest = try #require(agent.live.revision)
        send("flag-7", Revision(epoch: shown.epoch, number: newest.number + 1))
        try await isKilled(agent, "flag-7")
        #expect(agent.value(of: "flag-6") == .bool(true))
        try await agent.stop()
        await control.stop()
    }

    @Test func aSnapshotInFlightYieldsToIt() async throws {
        let (control, agent) = try await start()
        let told = Told(agent)
        let before = try #require(agent.live.revision)
        // The agent begins to fetch it, and control answers nothing more.
        control.mute(true)
        let asked = control.requests.count
        let members = (0..<60_000).map { "a-rather-long-user-name-\($0)" }
        await control.change([.replaceMembers(pilot: "staff", members)], .announced)
        try await eventually("the agent asks for it") { _ in
            control.requests.dropFirst(asked).contains { if case .catchUp = $0 { true } else { false } }
        }
        await control.change([killed], .dropped)
        try await isKilled(agent)
        #expect(agent.live.revision == before)
        control.mute(false)
        await control.change([.put(EntryKey(.flag, "flag-2"), History.off)])
        try await caughtUp(agent, with: control)
        #expect(agent.live.flags.members(ofPilot: "staff")?.count == 60_000)
        #expect(agent.value(of: "flag-1") == .bool(false))
        #expect(told.changes.first { $0.isKilled }?.revision == before)
        try await agent.stop()
        await control.stop()
    }

    /// Whatever the link's thread is about, a large transaction or its reading: here it is held where it logs.
    @Test func aBusyLinkHoldsNothingUp() async throws {
        let (control, agent) = try await start()
        let before = try #require(agent.live.revision)
        log.hold(at: "quarantined")
        await control.change([.put(checkout, Array("{}".utf8))])
        try await eventually("the link's thread is held") { _ in log.contains("quarantined") }
        await control.change([killed], .dropped)
        try await isKilled(agent)
        #expect(agent.value(of: "child") == .bool(false))
        #expect(agent.live.revision == before)
        // Control goes on hearing that the agent lives, and what it holds.
        let heard = control.reports.count
        try await eventually("reports go on") { _ in control.reports.count > heard + 1 }
        #expect(control.reports.last?.revision == before)
        log.release()
        await control.change([.put(checkout, History.on)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "flag-1") == .bool(false))
        try await eventually("the copy is dropped") { _ in !hasFile }
        try await agent.stop()
        await control.stop()
    }

    @Test func nothingIsShownThatIsNotWrittenDown() async throws {
        let (control, agent) = try await start()
        try FileManager.default.createDirectory(atPath: file + ".next", withIntermediateDirectories: false)
        await control.change([killed], .dropped)
        try await eventually("the write fails") { _ in log.contains("an urgent kill can't be written down") }
        #expect(agent.value(of: "flag-1") == .bool(true))
        try FileManager.default.removeItem(atPath: file + ".next")
        try await isKilled(agent)
        #expect(log.count(of: "an urgent kill can't be written down") == 1)
        #expect(hasFile)
        try await agent.stop()
        await control.stop()
    }

    @Test(arguments: ["", "PLKILL1\n", "not what was written, and longer than any header with its check would be"])
    func aDamagedFileIsSetAside(text: String) async throws {
        let (control, agent) = try await start()
        try await agent.stop()
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let again = try await RunningAgent(configuration(control), log)
        #expect(again.value(of: "flag-1") == .bool(true))
        #expect(log.contains("error: set the urgent kills aside"))
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path("agent"))
        #expect(names.count { $0.hasPrefix("kills.damaged-") } == 1)
        #expect(!hasFile)
        try await again.stop()
        await control.stop()
    }

    @Test func watchersHearOfATimeRampsSteps() async throws {
        let (control, agent) = try await start()
        let told = Told(agent)
        let now = Int(Date().timeIntervalSince1970)
        let ramped = """
            {"defaultVariant":"off","rollout":{"ramp":{"end":\(now + 3),"from":0,"start":\(now),"to":100},"variant":"on"},\
            "state":"ENABLED","variants":{"off":false,"on":true}}
            """
        await control.change([.put(EntryKey(.flag, "ramped"), Array(ramped.utf8))])
        try await caughtUp(agent, with: control)
        let shown = agent.live.revision
        let end = try #require(agent.live.flags.nextStep(after: Int64(now + 2))?.at)
        try await eventually("watchers are told of the last step") { _ in
            told.changes.contains { $0.flags == ["ramped"] && $0.time >= end }
        }
        // By nothing but time.
        #expect(agent.live.revision == shown)
        try await agent.stop()
        await control.stop()
    }
}

/// What the watchers of an agent were told.
private final class Told: Sendable {
    struct Change: Sendable {
        var flags: [String]
        /// By the clock of evaluations.
        var time: Int64
        var revision: Revision?
        var isKilled: Bool
    }

    private let notes = Mutex<[Change]>([])

    init(_ agent: RunningAgent) {
        let clock = agent.agent.live.clock
        _ = agent.agent.live.onSwap { [weak self] snapshot, change in
            guard case .flags(let keys) = change else { return }
            let isKilled = snapshot.flags.kill(of: "flag-1") != nil
            let change = Change(
                flags: keys, time: clock.unixSeconds(), revision: snapshot.revision, isKilled: isKilled)
            self?.notes.withLock { $0.append(change) }
        }
    }

    var changes: [Change] { notes.withLock { $0 } }
}
