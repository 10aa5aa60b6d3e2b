import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Agents that die in the middle of their work.
@Suite("Agents' crashes", .gently)
struct AgentCrashTests {
    /// 200 in the full run (scripts/chaos), fewer in CI.
    static let kills = ProcessInfo.processInfo.environment["PILOTLIGHT_AGENT_KILLS"].flatMap { Int($0) } ?? 16
    /// A binary that was built with faults to switch on: see scripts/chaos.
    static let faultyBinary = ProcessInfo.processInfo.environment["PILOTLIGHT_FAULTY_BINARY"]

    @Test(
        "within an epoch an agent never answers from an older revision than it has answered from before, kill -9 included"
    )
    func neverOlder() async throws {
        let watchers = try await Self.killUnderLoad(kills: Self.kills)
        for watcher in watchers {
            #expect(watcher.violations.isEmpty, "\(watcher.violations.prefix(5))")
            #expect(watcher.lookups > 100)
        }
    }

    @Test("that test fails when the swap is put before the cache", .enabled(if: faultyBinary != nil))
    func swapBeforeCache() async throws {
        let binary = try #require(Self.faultyBinary)
        let watchers = try await Self.killUnderLoad(
            kills: 30, binary: binary, variables: ["PILOTLIGHT_FAULT": "swap-before-cache"])
        #expect(watchers.contains { !$0.violations.isEmpty }, "the fault was not seen in 30 kills")
    }

    /// Kills two agents in turn at random moments while eight writers publish. One of them is cut off from control while
    /// it restarts, so that it has nothing but its cache to answer from.
    private static func killUnderLoad(
        kills: Int, binary: String? = nil, variables: [String: String] = [:]
    ) async throws -> [LookupWatcher] {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(data: directory.path("control"), binary: binary)
        try await control.start()
        let relay = try ControlRelay(to: control)
        let agents = [
            AgentProcess("direct", in: directory.path, of: control, variables: variables, binary: binary),
            AgentProcess(
                "relayed", in: directory.path, of: control, through: relay, variables: variables, binary: binary),
        ]
        for agent in agents { try await agent.start() }

        let load = WriterLoad(on: control, writers: 8, keys: { "flag-\($0 % 50)" })
        async let writing: Void = load.run()
        let watchers = agents.map { LookupWatcher($0.socket) }
        for round in 0..<kills {
            let (agent, watcher) = (agents[round % 2], watchers[round % 2])
            let goal = watcher.newest + UInt64.random(in: 5...60)
            try await eventually("\(agent.name) moves on to \(goal)") { sighting in
                sighting.note("\(watcher.newest), control \(try control.environmentState().number)")
                return watcher.newest >= goal
            }
            agent.kill()
            if round % 2 == 1 { relay.cut() }
            let (connections, lookups) = (watcher.connections, watcher.lookups)
            try agent.launch()
            try await eventually("\(agent.name) answers again", every: .milliseconds(2)) { _ in
                watcher.connections > connections && watcher.lookups > lookups
            }
            relay.heal()
        }
        load.stop()
        try await writing
        #expect(load.refusals.isEmpty, "\(load.refusals)")
        try await eventually("agents hold what control holds") { sighting in
            let fleet = try control.fleet()
            sighting.note(fleet.json.compactText())
            return fleet.isConverged && fleet.agents.count == 2
        }
        for watcher in watchers { watcher.stop() }
        return watchers
    }
}
