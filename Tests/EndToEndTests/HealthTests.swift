import Foundation
import Harness
import JSON
import Testing

/// What a container's health check runs.
@Suite("Health", .gently)
struct HealthTests {
    @Test("an agent and a control node are asked, and told apart from nobody") func health() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = try #require(cluster.agents.first)

        let control = try await Pilotlight.run(["health", "--url", cluster.control.url])
        #expect(control.code == 0 && control.output == "well\n", "\(control)")
        let asked = try await Pilotlight.run(["health", "--ready"], environment: ["PILOTLIGHT_SOCKET": agent.socket])
        #expect(asked.code == 0, "\(asked)")
        #expect(asked.output.hasPrefix("well · revision 0 (epoch 1) · "), "\(asked)")
        let json = try await Pilotlight.run(["health", "--socket", agent.socket, "--json"])
        #expect(json.json["environment"]?.stringValue == "production", "\(json)")

        agent.kill()
        let dead = try await Pilotlight.run(["health", "--socket", agent.socket])
        #expect(dead.code == 1 && dead.errors.contains("nobody answers at \(agent.socket)"), "\(dead)")
        let other = try await Pilotlight.run(["health", "--url", cluster.control.url + "/v1/nothing"])
        #expect(other.code == 1 && other.errors.contains("not with its health"), "\(other)")
    }

    @Test("an agent without confirmed state is well, and not ready") func notReady() async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(data: directory.path("control"))
        let agent = AgentProcess("lonely", in: directory.path, of: control)
        try agent.launch()
        try await agent.answering()
        let alive = try await Pilotlight.run(["health", "--socket", agent.socket])
        #expect(alive.code == 0 && alive.output == "well · not ready\n", "\(alive)")
        let ready = try await Pilotlight.run(["health", "--socket", agent.socket, "--ready"])
        #expect(ready.code == 1 && ready.errors.contains("never had confirmed state"), "\(ready)")
    }
}
