import Foundation
import Harness
import JSON
import LookupProtocol
import LookupProtocol
import Testing

/// `pilotlight flag kill` and `unkill`.
@Suite("Kill command", .gently)
struct KillCommandTests {
    private let crowd = Crowd()

    /// A flag with every kind of rule: targeting, groups, exclusions, a share, a prerequisite.
    private static let document = """
        {"flags": {
          "base": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"},
          "f": {"state": "ENABLED", "variants": {"new": "n", "old": "o", "closed": "c"}, "defaultVariant": "old",
           "offVariant": "closed", "prerequisites": [{"flag": "base", "variant": "on"}],
           "targeting": {"if": [{"==": [{"var": "plan"}, "gold"]}, "new"]},
           "rollout": {"variant": "new", "percentage": 30, "pilots": ["early"], "exclude": {"users": ["user-7"]}}}},
         "pilots": {"early": {"members": ["user-1", "user-2"]}}}
        """

    private static let contexts: [String?] = [nil, #"{"plan": "gold"}"#, #"{"plan": "trial", "n": 1}"#]

    private func isKilled(_ agent: AgentProcess, serving variant: String = "closed") throws -> Bool {
        let connection = try agent.connect()
        var answers = [Crowd.Answer(try connection.lookup("f"))]
        for context in Self.contexts { answers += try crowd.answers("f", of: agent, context: context).values }
        return answers.allSatisfy { $0.variant == variant && $0.reason == "STATIC" && $0.error == nil }
    }

    @Test("a kill gives every context the off variant; nothing but unkill lifts it, and that restores every answer")
    func kill() async throws {
        let cluster = try await Cluster(agents: 1)
        let (control, agent) = (cluster.control, cluster.agents[0])
        try await cluster.apply(Self.document)
        func all() throws -> [[String: Crowd.Answer]] {
            try Self.contexts.map { try crowd.answers("f", of: agent, context: $0) }
        }
        let before = try all()
        #expect(Set(before[0].values).count > 1)

        let killed = try await cluster.done("flag", "kill", "f", "--message", "payments fail")
        #expect(killed.output == "f: killed, serves closed (\"c\")\nrevision 2 (epoch 1)\n", "\(killed)")
        #expect(try isKilled(agent))
        let list = try await control.run("flag", "list")
        #expect(
            list.output.contains("f\tKILLED\told\t") && list.output.contains("killed: everyone gets closed"), "\(list)")
        #expect(try await control.run("flag", "show", "f").output.hasPrefix("KILLED: everyone gets closed (\"c\")\n"))
        let again = try await cluster.done("flag", "kill", "f")
        #expect(again.output.contains("warning: ") && again.output.contains("killed already"), "\(again)")
        #expect(again.output.hasSuffix("nothing to change: revision 2 (epoch 1)\n"), "\(again)")

        // None of these touches it.
        try await cluster.apply(
            Self.document.replacingOccurrences(of: "\"percentage\": 30", with: "\"percentage\": 60"))
        try await cluster.done("flag", "default", "f", "new")
        try await cluster.done("flag", "ramp", "f", "--percent", "100")
        #expect(try isKilled(agent))
        try await cluster.done("rollback", "1", "--pilots")
        #expect(try isKilled(agent))
        try control.ask("POST", "/v1/environments", ["name": "staging"])
        try control.apply(Self.document, environment: "staging")
        try await cluster.done("environment", "promote", "staging", "production", "--pilots")
        #expect(try isKilled(agent))
        let exported = try await control.run("export")
        #expect(exported.code == 0 && !exported.output.contains("kill"), "\(exported)")
        // Nor does a restart of the agent, of the control node, or of both.
        agent.kill()
        control.kill()
        try agent.launch()
        try await agent.answering()
        #expect(try isKilled(agent))
        try await control.start()
        try await cluster.converged()
        #expect(try isKilled(agent))

        let unkilled = try await cluster.done("flag", "unkill", "f")
        #expect(unkilled.output.hasPrefix("f: not killed\nrevision "), "\(unkilled)")
        #expect(try all() == before)
        let idle = try await cluster.done("flag", "unkill", "f")
        #expect(idle.output.contains("warning: ") && idle.output.contains("nothing to change"), "\(idle)")
        let history = try await control.run("history", "f", "--kind", "kill")
        #expect(history.output.contains("payments fail\t+ kill f  killed, serves closed"), "\(history)")
        #expect(history.output.contains("no longer killed"), "\(history)")
    }

    @Test("--to serves another variant; without an off variant it is the default; an unknown one is refused")
    func variants() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(Self.document)
        let refused = try await cluster.refused("flag", "kill", "f", "--to", "odl")
        #expect(refused.contains("did you mean \"old\"?"), "\(refused)")
        try await cluster.done("flag", "kill", "f", "--to", "old")
        #expect(try isKilled(agent, serving: "old"))
        let moved = try await cluster.done("flag", "kill", "f", "--to", "closed")
        #expect(moved.output.hasPrefix("f: killed, serves closed (\"c\")\n"), "\(moved)")
        #expect(try isKilled(agent, serving: "closed"))

        try await cluster.apply(Fixture.flags("g"))
        let plain = try await cluster.done("flag", "kill", "g")
        #expect(
            plain.output.contains("g: killed, serves off (false)") && plain.output.contains("warning: "), "\(plain)")
        #expect(try agent.connect().lookup("g").reason.name == "STATIC")
        // The first ramp keeps what a kill serves, whatever the default becomes.
        try await cluster.done("flag", "unkill", "g")
        try await cluster.done("flag", "ramp", "g", "--variant", "on", "--percent", "50")
        try await cluster.done("flag", "default", "g", "on")
        try await cluster.done("flag", "kill", "g")
        #expect(try agent.connect().lookup("g").variant == "off")
        // It goes with its flag.
        try await cluster.done("flag", "delete", "g", "--yes")
        try await cluster.apply(Fixture.flags("g", variant: "on"))
        #expect(try agent.connect().lookup("g").variant == "on")
    }

    @Test("the kill of a disabled flag says that nothing changes, and serves once it is enabled")
    func disabled() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(Self.document)
        try await cluster.done("flag", "disable", "f")
        let killed = try await cluster.done("flag", "kill", "f")
        #expect(killed.output.contains("warning: ") && killed.output.contains("disabled"), "\(killed)")
        #expect(killed.output.contains("changes no answer"), "\(killed)")
        #expect(try agent.connect().lookup("f").reason.name == "DISABLED")
        let list = try await cluster.control.run("flag", "list")
        #expect(list.output.contains("f\tDISABLED\t") && list.output.contains("were it not disabled"), "\(list)")
        try await cluster.done("flag", "enable", "f")
        #expect(try isKilled(agent))
    }

    @Test("one key is one kill; a condition that doesn't hold refuses it")
    func terms() async throws {
        let cluster = try await Cluster(agents: 1)
        try await cluster.apply(Self.document)
        let refused = try await cluster.refused("flag", "kill", "f", "--if-revision", "0")
        #expect(refused.contains("HTTP 412"), "\(refused)")
        for _ in 0..<2 {
            let killed = try await cluster.done("flag", "kill", "f", "--idempotency-key", "k", "--json")
            #expect(killed.json["published"] == true && killed.json["revision"]?["number"] == 2, "\(killed)")
        }
        try await cluster.done("flag", "unkill", "f")
        // The same key is the kill of then: it doesn't kill again.
        try await cluster.done("flag", "kill", "f", "--idempotency-key", "k")
        #expect(try cluster.agents[0].connect().lookup("f").variant != "closed")
        let unknown = try await cluster.refused("flag", "kill", "fff")
        #expect(unknown.contains("HTTP 404"), "\(unknown)")
    }
}
