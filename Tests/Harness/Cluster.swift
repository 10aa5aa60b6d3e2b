import Foundation

/// One control node and some agents, in a directory of their own.
package final class Cluster: Sendable {
    package let directory: TemporaryDirectory
    package let control: ControlProcess
    package let agents: [AgentProcess]

    /// Starts them; returns when all agents hold confirmed state.
    package init(
        agents count: Int, options: [String] = [], controlVariables: [String: String] = [:],
        agentVariables: [String: String] = [:], binary: String? = nil
    ) async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(
            data: directory.path("control"), environment: controlVariables, binary: binary)
        self.directory = directory
        self.control = control
        agents = (0..<count).map {
            AgentProcess(
                "agent-\($0)", in: directory.path, of: control, options: options, variables: agentVariables,
                binary: binary)
        }
        try await control.start()
        for agent in agents { try agent.launch() }
        for agent in agents { try await agent.ready() }
    }

    /// Waits until every agent has applied and cached what control holds, and says what each of them held last if not.
    @discardableResult
    package func converged(
        agents count: Int? = nil, within limit: Duration = .seconds(120)
    ) async throws -> FleetReading {
        let expected = count ?? agents.count
        return try await awaited("\(expected) agents hold what control holds", within: limit) { sighting in
            let fleet = try self.control.fleet()
            sighting.note(
                "control \(fleet.number) "
                    + fleet.agents.map { "\($0.name) \($0.state) \($0.number ?? -1) \($0.conflict ?? "")" }.joined(
                        separator: ", "))
            let present = fleet.agents.count { $0.state != "gone" }
            return fleet.isConverged && present >= expected ? fleet : nil
        }
    }
}
