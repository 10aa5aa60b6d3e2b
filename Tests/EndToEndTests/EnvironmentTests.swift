import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Environments are independent of each other.
@Suite("Environments", .gently)
struct EnvironmentTests {
    @Test("flags, numbers and agents of one environment are nothing to another")
    func isolation() async throws {
        let cluster = try await Cluster(agents: 1)
        let control = cluster.control
        let created = try await control.run("environment", "create", "staging", "--bucketing", "v3")
        #expect(created.code == 0, "\(created)")
        let staging = AgentProcess("staging", in: cluster.directory.path, of: control, environment: "staging")
        try await staging.start()
        try await staging.hears()

        let file = try cluster.directory.write("f.json", Fixture.flags("only-here", variant: "on"))
        let applied = try await control.run("apply", file, "--environment", "staging")
        #expect(applied.code == 0 && applied.output.contains("revision 2"), "\(applied)")
        try await staging.reaches(2)
        #expect(try staging.connect().lookup("only-here").value == .bool(true))
        let connection = try staging.connect()
        _ = try connection.ping()
        #expect(connection.environment == "staging")

        let production = try control.environmentState()
        #expect(production.number == 0 && production.entries == 0)
        #expect(try cluster.agents[0].connect().lookup("only-here").error?.name == "FLAG_NOT_FOUND")
        #expect(try control.environmentState("staging").json["bucketing"] == "v3")
        #expect(try control.fleet("staging").agents.map(\.name) == ["staging"])
        #expect(try control.fleet().agents.map(\.name) == ["agent-0"])
        for _ in 0..<3 {
            try control.apply(Fixture.flags("only-there", variant: "off"))
            try control.apply(Fixture.flags("only-there", variant: "on"))
        }
        try await cluster.converged()
        #expect(try staging.stamp().number == 2)
        #expect(!staging.logText.contains("gap:") && !staging.logText.contains("malformed"), "\(staging.logText)")
        let again = try await control.run("environment", "create", "staging")
        #expect(again.code == 1 && again.errors.contains("already"), "\(again)")
    }

    @Test("a prefix of an environment's name is another environment")
    func prefixes() async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.ask("POST", "/v1/environments", ["name": "prod"])
        let short = AgentProcess("short", in: cluster.directory.path, of: cluster.control, environment: "prod")
        try await short.start()
        try cluster.control.apply(Fixture.flags("long"))
        try await cluster.converged()
        #expect(try short.stamp().number == 0)
    }

    @Test("publishing to an unknown environment is refused")
    func unknown() async throws {
        let cluster = try await Cluster(agents: 0)
        let file = try cluster.directory.write("f.json", Fixture.flags("x"))
        let result = try await cluster.control.run("apply", file, "--environment", "prodction")
        #expect(result.code == 1, "\(result)")
        #expect(
            result.errors.contains("no environment \"prodction\"") && result.errors.contains("production"), "\(result)")
        for words in [["flag", "list"], ["pilot", "create", "g"], ["fleet"]] {
            let refused = try await Pilotlight.run(
                words + ["--environment", "nowhere", "--control-url", cluster.control.url])
            #expect(refused.code == 1 && refused.errors.contains("nowhere"), "\(refused)")
        }
    }

    @Test("an agent in an unknown environment says so, and joins once it is made")
    func agentOfUnknown() async throws {
        let cluster = try await Cluster(agents: 0)
        let agent = AgentProcess("early", in: cluster.directory.path, of: cluster.control, environment: "staging")
        try agent.launch()
        try await agent.answering()
        try await eventually("it says so") { sighting in
            sighting.note(agent.logText)
            return agent.logText.contains("refuses") && agent.logText.contains("staging")
        }
        #expect(try agent.connect().lookup("x").error?.name == "PROVIDER_NOT_READY")
        #expect(try await cluster.control.run("environment", "create", "staging").code == 0)
        try await agent.ready()
    }
}
