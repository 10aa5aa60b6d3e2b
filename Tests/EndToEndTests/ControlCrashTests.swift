import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// A control node that dies in the middle of its work.
@Suite("Control node's crashes", .gently)
struct ControlCrashTests {
    /// 2,000 in the full run (scripts/chaos), fewer in CI.
    static let changes =
        ProcessInfo.processInfo.environment["PILOTLIGHT_CRASH_CHANGES"].flatMap { Int($0) } ?? 400

    @Test("an acknowledged change survives kill -9: none is missing, no number is used twice, agents converge")
    func killed() async throws {
        let cluster = try await Cluster(agents: 3)
        let control = cluster.control
        let load = WriterLoad(on: control, changes: Self.changes)
        load.pause(at: 0)
        async let writing: Void = load.run()
        var kills = 0
        while load.acknowledgedCount < Self.changes {
            let goal = min(load.acknowledgedCount + Int.random(in: 1...(Self.changes / 5)), Self.changes)
            // A little more is under way when it dies, and not all of it however late this test comes.
            load.pause(at: goal + 16)
            try await eventually("more changes are acknowledged") { sighting in
                sighting.note("\(load.acknowledgedCount) \(load.refusals)")
                return load.acknowledgedCount >= goal
            }
            control.kill()
            kills += 1
            try await control.start()
        }
        try await writing
        #expect(kills >= 5)
        try await Self.check(load, cluster)
    }

    @Test("an acknowledged change survives power loss: unsynced writes are discarded, none is missing")
    func powerLoss() async throws {
        let outcome = try await Self.losePower(changes: Self.changes, losses: 6)
        try await Self.check(outcome.load, outcome.cluster)
        #expect(outcome.missing.isEmpty, "missing: \(outcome.missing)")
    }

    @Test("the power loss test fails when commits are not synced", arguments: ["OFF", "NORMAL"])
    func powerLossWithoutSync(_ synchronous: String) async throws {
        let outcome = try await Self.losePower(
            changes: 60, losses: 1, variables: ["PILOTLIGHT_TEST_SYNCHRONOUS": synchronous])
        #expect(!outcome.missing.isEmpty, "nothing was lost although nothing was synced: the shim discards nothing")
    }

    /// What a run with power losses came to.
    private struct Outcome {
        var load: WriterLoad
        var cluster: Cluster
        /// Acknowledged before a loss, not there after it.
        var missing: [String]
    }

    /// Writes through power losses: `kill -9`, and the data directory goes on as what had been synced of it.
    private static func losePower(
        changes: Int, losses: Int, variables: [String: String] = [:]
    ) async throws -> Outcome {
        let library = Pilotlight.builtFile("libPowerLoss.so")
        guard FileManager.default.fileExists(atPath: library) else { throw HarnessError("no \(library)") }
        let cluster = try await Cluster(agents: variables.isEmpty ? 2 : 0)
        let control = cluster.control
        control.kill()
        try FileManager.default.removeItem(atPath: control.data)
        let shadow = cluster.directory.path("shadow")
        for agent in cluster.agents { agent.kill() }
        for agent in cluster.agents { try FileManager.default.removeItem(atPath: agent.data) }
        func power(_ directory: String) async throws {
            try? FileManager.default.removeItem(atPath: shadow)
            try FileManager.default.createDirectory(atPath: shadow, withIntermediateDirectories: true)
            try await control.start(
                adding: variables.merging([
                    "LD_PRELOAD": library, "PILOTLIGHT_POWER_LOSS_DIRECTORY": directory,
                    "PILOTLIGHT_POWER_LOSS_SHADOW": shadow,
                ]) { $1 })
        }
        try await power(control.data)
        for agent in cluster.agents { try await agent.start() }

        let load = WriterLoad(on: control, changes: changes)
        async let writing: Void = load.run()
        var missing: [String] = []
        for loss in 1...losses {
            let goal = changes * loss / (losses + 1)
            try await eventually("\(goal) changes are acknowledged") { sighting in
                sighting.note("\(load.acknowledgedCount) \(load.refusals)")
                return load.acknowledgedCount >= goal
            }
            let before = load.acknowledged
            control.kill()
            try TemporaryDirectory.copy(shadow, to: control.data)
            try await power(control.data)
            let there = try flags(control)
            missing += before.filter { !there.contains($0.key) }.map(\.key)
            if !missing.isEmpty { break }
        }
        if !missing.isEmpty { load.stop() }
        try await writing
        return Outcome(load: load, cluster: cluster, missing: missing)
    }

    private static func flags(_ control: ControlProcess) throws -> Set<String> {
        let list = try control.ask("GET", "/v1/environments/production/flags?limit=10000")["flags"]?.arrayValue ?? []
        return Set(list.compactMap { $0["key"]?.stringValue })
    }

    private static func check(_ load: WriterLoad, _ cluster: Cluster) async throws {
        #expect(load.refusals.isEmpty, "\(load.refusals)")
        let acknowledged = load.acknowledged
        let there = try flags(cluster.control)
        let missing = acknowledged.filter { !there.contains($0.key) }
        #expect(missing.isEmpty, "acknowledged but not there: \(missing.map { "\($0.key) at \($0.number)" })")

        let numbers = acknowledged.filter(\.isNumbered).map(\.number)
        #expect(Set(numbers).count == numbers.count, "a number was used twice")
        #expect(Set(acknowledged.map(\.epoch)).count == 1, "a restart goes on in the same epoch")

        let fleet = try await cluster.converged()
        #expect(Set(fleet.agents.map(\.digest)) == [fleet.digest])
        #expect(fleet.number >= Int64(acknowledged.count))
        let value = try cluster.agents[0].connect().lookup("flag-7").value
        #expect(value == .integer(7))
    }

    @Test("a graceful stop and a restart continue the same epoch and number")
    func gracefulStop() async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.apply(Fixture.flags("one"))
        try cluster.control.apply(Fixture.flags("two"))
        let before = try cluster.control.environmentState()
        #expect(try await cluster.control.stop() == .exited(0))
        try await cluster.control.start()
        let after = try cluster.control.environmentState()
        #expect(after.number == 2 && after.epochID == before.epochID && after.digest == before.digest)
        #expect(try cluster.control.fleet().agent("agent-0") != nil, "the registry survives a restart")
        #expect(try cluster.control.apply(Fixture.flags("three")) == 3)
        try await cluster.converged()
    }

    @Test("a second control node on the same data directory is refused")
    func twoOnOneDirectory() async throws {
        let cluster = try await Cluster(agents: 0)
        let second = try ControlProcess(data: cluster.control.data)
        await #expect(throws: Hopeless.self) { try await second.start() }
        let process = try #require(second.process)
        #expect(try await process.exit() == .exited(1))
        #expect(process.errors.contains("in use"), "\(process.errors)")
        #expect(try cluster.control.environmentState().blocked == nil)
    }
}
