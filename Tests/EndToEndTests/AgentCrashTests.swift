import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Agents that die in the middle of their work.
@Suite("Agents' crashes", .gently)
struct AgentCrashTests {
    /// 200 in the full run (scripts/chaos), fewer in CI.
    static let kills = ProcessInfo.processInfo.environment["PILOTLIGHT_AGENT_KILLS"].flatMap { Int($0) } ?? 15

    @Test("within an epoch an agent never answers from an older revision than it has answered from before, kill -9 included")
    func neverOlder() async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(data: directory.path("control"))
        try await control.start()
        // One agent is cut off while it restarts: it has nothing but its cache to answer from.
        let relay = try ControlRelay(to: control)
        let agents = [
            AgentProcess("direct", in: directory.path, of: control),
            AgentProcess("relayed", in: directory.path, of: control, through: relay),
        ]
        for agent in agents { try await agent.start() }

        let load = WriterLoad(on: control, writers: 8, keys: { "flag-\($0 % 50)" })
        async let writing: Void = load.run()
        let watchers = agents.map { LookupWatcher($0.socket) }
        for round in 0..<Self.kills {
            let agent = agents[round % 2]
            let watcher = watchers[round % 2]
            let goal = watcher.newest + UInt64.random(in: 5...60)
            try await eventually("\(agent.name) moves on to \(goal)") { sighting in
                sighting.note("\(watcher.newest), control \(try control.environmentState().number)")
                return watcher.newest >= goal
            }
            agent.kill()
            if round % 2 == 1 { relay.cut() }
            let connections = watcher.connections
            let lookups = watcher.lookups
            try agent.launch()
            try await eventually("\(agent.name) answers again", every: .milliseconds(2)) { _ in
                watcher.connections > connections && watcher.lookups > lookups
            }
            relay.heal()
        }
        load.stop()
        try await writing
        for watcher in watchers { watcher.stop() }
        for (agent, watcher) in zip(agents, watchers) {
            #expect(watcher.violations.isEmpty, "\(agent.name): \(watcher.violations.prefix(5))")
            #expect(watcher.lookups > 100)
        }
        #expect(load.refusals.isEmpty, "\(load.refusals)")
        try await eventually("agents hold what control holds") { sighting in
            let fleet = try control.fleet()
            sighting.note(fleet.json.compactText())
            return fleet.isConverged && fleet.agents.count == 2
        }
    }
}
