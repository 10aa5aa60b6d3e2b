import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Holes, partitions and frozen processes: noticed and healed.
@Suite("Healing", .gently)
struct HealingTests {
    private struct Setting {
        var directory: TemporaryDirectory
        var control: ControlProcess
        var relay: ControlRelay
        /// Behind the relay.
        var far: AgentProcess
        /// Beside control.
        var near: AgentProcess

        init(receiveBuffer: Int32? = nil) async throws {
            directory = try TemporaryDirectory()
            control = try ControlProcess(data: directory.path("control"), environment: ControlProcess.soonSilent)
            try await control.start()
            relay = try ControlRelay(to: control, receiveBuffer: receiveBuffer)
            far = AgentProcess("far", in: directory.path, of: control, through: relay)
            near = AgentProcess("near", in: directory.path, of: control)
            for agent in [far, near] {
                try await agent.start()
                try await agent.hears()
            }
        }

        func converged() async throws {
            try await eventually("both agents hold what control holds") { sighting in
                let fleet = try control.fleet()
                sighting.note(fleet.json.compactText())
                return fleet.isConverged && fleet.agents.count == 2
            }
        }

        /// Waits until the far agent's log does.
        func says(_ words: some RegexComponent) async throws {
            try await eventually("the far agent says how it was healed") { sighting in
                sighting.note(far.logText)
                return far.logText.contains(words)
            }
        }
    }

    /// A publication of a delta: its first byte is 1. (The topic's frame begins with a letter.)
    @Sendable private static func isDelta(_ frame: [UInt8]) -> Bool { frame.first == 1 }

    @Test("a hole is noticed and healed by one catch-up; the log says gap, from, to, how")
    func hole() async throws {
        let setting = try await Setting()
        try setting.control.apply(Fixture.flags("flag-0"))
        try await setting.converged()
        let catchUps = try setting.control.metric("pilotlight_control_catch_ups_total")
        setting.relay.publish.drop(1, where: Self.isDelta)
        try setting.control.apply(Fixture.flags("flag-1"))
        try await eventually("the message is dropped") { _ in setting.relay.publish.dropped == 1 }
        try setting.control.apply(Fixture.flags("flag-2"))
        try await setting.far.reaches(3)
        try await setting.converged()
        // A heartbeat may come between the two deltas: then it is what notices, and the gap ends at 2 as yet.
        let noticed = /gap: from 1 to [23], noticed by (delta 3|a heartbeat)/
        #expect(setting.far.logText.contains(noticed), "\(setting.far.logText)")
        try await setting.says(/healed: from 1 to [23], by deltas/)
        let more = try setting.control.metric("pilotlight_control_catch_ups_total") - catchUps
        #expect(more == 1, "one catch-up, not \(more)")
        #expect(!setting.near.logText.contains("gap:"), "\(setting.near.logText)")
    }

    @Test("a lost last message is noticed by a heartbeat and healed")
    func lostLastMessage() async throws {
        let setting = try await Setting()
        try setting.control.apply(Fixture.flags("flag-0"))
        try await setting.converged()
        setting.relay.publish.drop(1, where: Self.isDelta)
        try setting.control.apply(Fixture.flags("flag-1"))
        try await eventually("the message is dropped") { _ in setting.relay.publish.dropped == 1 }
        try await setting.far.reaches(2)
        #expect(setting.far.logText.contains("noticed by a heartbeat"), "\(setting.far.logText)")
        try await setting.converged()
    }

    @Test("an agent that is cut off notices and heals")
    func cutOff() async throws {
        let setting = try await Setting()
        try setting.control.apply(Fixture.flags("flag-0"))
        try await setting.converged()
        setting.relay.cut()
        for round in 1...20 { try setting.control.apply(Fixture.flags("flag-\(round)")) }
        try await setting.near.reaches(21)
        try await eventually("the agent knows that it is stale") { _ in try setting.far.stamp().isStale }
        #expect(try setting.far.connect().lookup("flag-0").value == .bool(false), "it answers on")
        #expect(try setting.far.stamp().number == 1)
        try await eventually("control calls it silent") { sighting in
            let state = try setting.control.fleet().agent("far")?.state
            sighting.note(state ?? "none")
            return state == "silent"
        }
        setting.relay.heal()
        try await setting.converged()
        #expect(setting.far.logText.contains("gap: from 1 to 21"), "\(setting.far.logText)")
        try await setting.says(/healed: from 1 to 21/)
        #expect(!setting.near.logText.contains("gap:"))
    }

    @Test("a partition that nobody is told of is noticed and healed")
    func silentPartition() async throws {
        let setting = try await Setting()
        try setting.control.apply(Fixture.flags("flag-0"))
        try await setting.converged()
        setting.relay.pause()
        for round in 1...20 { try setting.control.apply(Fixture.flags("flag-\(round)")) }
        try await eventually("the agent knows that it is stale") { _ in try setting.far.stamp().isStale }
        setting.relay.heal()
        try await setting.converged()
        #expect(try setting.far.connect().lookup("flag-20").value == .bool(false))
    }

    @Test("a frozen agent notices and heals")
    func frozen() async throws {
        let setting = try await Setting()
        try setting.control.apply(Fixture.flags("flag-0"))
        try await setting.converged()
        setting.far.process?.freeze()
        for round in 1...20 { try setting.control.apply(Fixture.flags("flag-\(round)")) }
        try await eventually("control calls it silent") { _ in
            try setting.control.fleet().agent("far")?.state == "silent"
        }
        try await setting.near.reaches(21)
        setting.far.process?.thaw()
        try await setting.converged()
        #expect(try setting.far.stamp().number == 21)
    }

    @Test("a slow agent past the high-water mark heals, the others don't notice")
    func slowAgent() async throws {
        let setting = try await Setting(receiveBuffer: 4 << 10)
        try setting.control.apply(Fixture.flags("flag-0"))
        try await setting.converged()
        // Nothing is read for the far agent: control's queue for it fills up to its high-water mark, then drops.
        setting.relay.publish.pause()
        let load = WriterLoad(
            on: setting.control, writers: 8, changes: 5_200, bytes: 3_000, keys: { "flag-\($0 % 100)" })
        async let writing: Void = load.run()
        try await writing
        #expect(load.refusals.isEmpty, "\(load.refusals)")
        let number = try setting.control.environmentState().number
        try await setting.near.reaches(number)
        #expect(!setting.near.logText.contains("gap:"), "\(setting.near.logText)")
        #expect(try setting.far.stamp().number < UInt64(number))
        setting.relay.heal()
        try await setting.converged()
        #expect(setting.far.logText.contains("gap: from"), "\(setting.far.logText)")
        try await setting.says(/healed: from/)
    }

    @Test("a large change is announced and fetched by every agent")
    func largeChange() async throws {
        let setting = try await Setting()
        let flags = (0..<300).map {
            "\"flag-\($0)\": {\"state\": \"ENABLED\", \"variants\": {\"a\": \"\(String(repeating: "v", count: 2_000))\"}, \"defaultVariant\": \"a\"}"
        }
        try setting.control.apply("{\"flags\": {\(flags.joined(separator: ","))}}")
        try await setting.converged()
        #expect(try setting.far.connect().lookup("flag-299").variant == "a")
    }
}
