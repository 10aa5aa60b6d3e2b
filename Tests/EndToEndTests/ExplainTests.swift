import Foundation
import Harness
import JSON
import Testing

/// `pilotlight explain`, of the control node and of an agent.
@Suite("Explain", .gently)
struct ExplainTests {
    private static let document = """
        {"flags": {
          "plain": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"},
          "gone": {"state": "DISABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"},
          "ruled": {"state": "ENABLED", "variants": {"a": "a", "b": "b"}, "defaultVariant": "b",
           "targeting": {"if": [{"and": [{"in_pilot": "staff"}, {">=": [{"var": "age"}, 18]}]}, "a",
            {"fractional": [["a", 30], ["b", 70]]}]}},
          "broken": {"state": "ENABLED", "variants": {"a": "a"}, "defaultVariant": "a",
           "targeting": {"if": [{"==": [{"var": "age"}, 1]}, {"+": [true, 1]}]}},
          "ramped": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "off",
           "targeting": {"if": [{"==": [{"var": "plan"}, "trial"]}, "off"]},
           "rollout": {"variant": "on", "percentage": 40, "pilots": ["staff"],
            "exclude": {"users": ["user-2"], "pilots": ["banned"]}}},
          "needy": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "off",
           "prerequisites": [{"flag": "ramped", "variant": "on"}], "rollout": {"variant": "on", "percentage": 100}},
          "killed": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "on"}},
         "pilots": {"staff": {"members": ["user-1", "user-2", "user-3"]},
          "banned": {"rule": {"==": [{"var": "country"}, "xx"]}, "exclude": ["user-3"]}}}
        """

    private static let flags = ["plain", "gone", "ruled", "broken", "ramped", "needy", "killed"]
    private static let contexts: [JSONValue] = [
        [:], ["age": 20], ["age": 1, "plan": "trial"], ["country": "xx", "plan": "gold"],
    ]

    /// What a lookup and an explanation have in common. OFREP leaves the reason of an error out.
    private static func answer(_ json: JSONValue) -> [JSONValue?] {
        let reason = json["reason"] ?? (json["errorCode"] == nil ? nil : "ERROR")
        return ["key", "variant", "value", "errorCode"].map { json[$0] == .null ? nil : json[$0] } + [reason]
    }

    @Test("control and agent explain exactly what a lookup answers")
    func sameAsLookup() async throws {
        let cluster = try await Cluster(agents: 1, options: ["--explain"])
        let (control, agent) = (cluster.control, cluster.agents[0])
        try control.apply(Self.document)
        try await cluster.done("flag", "kill", "killed", "--to", "off")
        var variants: Set<String> = []
        for flag in Self.flags {
            for user in 0..<12 {
                for context in Self.contexts {
                    var members = try #require(context.objectValue)
                    if user > 0 { members["targetingKey"] = .string("user-\(user)") }
                    let body = JSONValue.object(["context": .object(members)])
                    let lookup = Self.answer(try agent.ofrep(flag, context: .object(members)).json)
                    let own = try agent.http("POST", "/explain/\(flag)", body: body)
                    #expect(own.status == 200 && Self.answer(own.json) == lookup, "\(own.text)")
                    let central = try control.ask(
                        "POST", "/v1/environments/production/flags/\(flag)/explain", body)
                    #expect(Self.answer(central) == lookup, "\(central.compactText())")
                    // The same path, too, but for the time it was asked at.
                    #expect(central["steps"] == own.json["steps"], "\(central.compactText())\n\(own.text)")
                    variants.insert("\(flag) \(lookup[1]?.stringValue ?? "–")")
                }
            }
        }
        #expect(variants.count == 11, "\(variants.sorted())")
    }

    @Test("an explanation in words: the answer, then each step with the value seen")
    func words() async throws {
        let cluster = try await Cluster(agents: 1, options: ["--explain"])
        let (control, agent) = (cluster.control, cluster.agents[0])
        try await cluster.apply(Self.document)
        let asked = try await control.run(
            "explain", "ramped", "--targeting-key", "user-1", "--context", "plan=gold")
        let lines = asked.output.split(separator: "\n").map(String.init)
        #expect(asked.code == 0 && lines.first?.hasPrefix("ramped: on (1) · TARGETING_MATCH") == true, "\(asked)")
        #expect(asked.output.contains("{\"var\":\"plan\"}: gold"), "\(asked)")
        #expect(asked.output.contains("\n  rollout of on: on\n    excluded by name: false\n"), "\(asked)")
        #expect(asked.output.contains("in pilot group staff: true  user-1 is a member"), "\(asked)")
        let share = try await control.run("explain", "ramped", "--targeting-key", "user-9", "--context", "{\"age\": 3}")
        #expect(share.output.contains(/within 40 % of everybody: (true|false)  bucket \d+ of 10000/), "\(share)")
        let local = try await control.run(
            "explain", "ramped", "--targeting-key", "user-1", "--context", "plan=gold", "--socket", agent.socket)
        #expect(
            local.code == 0
                && local.output.split(separator: "\n").dropFirst().map(String.init) == lines.dropFirst().map(\.self),
            "\(local)")
        let json = try await control.run("explain", "gone", "--json")
        #expect(json.json["reason"] == "DISABLED" && json.json["steps"]?.arrayValue?.isEmpty == false, "\(json)")
        // A shell that has the socket for lookups still asks the control node.
        let both = try await control.run(
            "explain", "plain", environment: ["PILOTLIGHT_SOCKET": cluster.directory.path("nobody.sock")])
        #expect(both.code == 0 && both.output.hasPrefix("plain: off (false) · STATIC"), "\(both)")
        let unknown = try await cluster.refused("explain", "rampd")
        #expect(unknown.contains("did you mean \"ramped\"?"), "\(unknown)")
    }

    @Test("an agent explains only where it was started so")
    func switchedOff() async throws {
        let cluster = try await Cluster(agents: 1)
        try await cluster.apply(Fixture.flags("f"))
        let agent = cluster.agents[0]
        let refused = try await cluster.refused("explain", "f", "--socket", agent.socket)
        #expect(refused.contains("--explain"), "\(refused)")
        #expect(try agent.http("POST", "/explain/f", body: ["context": [:]]).status != 200)
        let on = AgentProcess(
            "on", in: cluster.directory.path, of: cluster.control, variables: ["PILOTLIGHT_EXPLAIN": "true"])
        try await on.start()
        try await on.reaches(1)
        let allowed = try await cluster.control.run("explain", "f", "--socket", on.socket)
        #expect(allowed.code == 0 && allowed.output.hasPrefix("f: off (false) · STATIC"), "\(allowed)")
        let unknown = try await cluster.refused("explain", "g", "--socket", on.socket)
        #expect(unknown.contains("g: "), "\(unknown)")
    }
}
