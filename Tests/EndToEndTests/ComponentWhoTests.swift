import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Why and how many: `explain --component`, `component who` and the blast radius, held against an agent's answers.
@Suite("Who gets which version", .gently)
struct ComponentWhoTests {
    private let crowd = Crowd(1_000)

    private static func document(_ share: Int) -> String {
        """
        {"components": {"shop": {
          "versions": {"1.0": {"upstream": "blue"}, "1.1": {"upstream": "green"}, "2.0": {"state": "RETIRED"}},
          "defaultVersion": "1.0", "pilots": [{"pilot": "early", "version": "1.1"}, {"pilot": "gold", "version": "2.0"}],
          "rollout": {"variant": "1.1", "percentage": 5, "exclude": {"users": ["user-9"]}},
          "split": {"1.1": \(share), "2.0": 10}}},
         "pilots": {"early": {"members": ["user-1", "user-2"]}, "gold": {"rule": {"==": [{"var": "plan"}, "gold"]}}}}
        """
    }

    @Test("counts are those of lookups, with a context too; without a list it is what is set")
    func counts() async throws {
        let cluster = try await Cluster(agents: 1)
        let (control, agent) = (cluster.control, cluster.agents[0])
        try await cluster.apply(Self.document(30))
        let keys = try cluster.directory.write("keys.txt", crowd.lines)
        func rows(_ more: String...) async throws -> [String: Int] {
            let words = ["component", "who", "shop", "--keys-from", keys, "--json", "--control-url", control.url]
            let result = try await Pilotlight.run(words + more)
            #expect(
                result.code == 0 && result.json["users"] == 1_000 && result.json["component"] == "shop", "\(result)")
            return Dictionary(
                (result.json["variants"]?.arrayValue ?? []).map { row in
                    let key = [row["variant"], row["reason"]].map { $0?.stringValue ?? "–" }.joined(separator: " ")
                    return (key, Int(row["count"]?.integerValue ?? -1))
                }, uniquingKeysWith: { _, _ in -1 })
        }
        func counted(context: String? = nil) throws -> [String: Int] {
            let answers = try crowd.answers(Crowd.key(of: "shop"), of: agent, context: context)
            return Dictionary(grouping: answers.values) { "\($0.variant ?? "–") \($0.reason)" }.mapValues(\.count)
        }
        let plain = try counted()
        #expect(plain.count == 2)
        #expect(try await rows() == plain)
        #expect(try await rows("--context", "plan=gold") == counted(context: #"{"plan": "gold"}"#))
        let text = try await control.run("component", "who", "shop", "--keys-from", keys)
        #expect(
            text.output.contains("\n1.1\tTARGETING_MATCH\t") || text.output.hasPrefix("1.1\tTARGETING_MATCH\t"),
            "\(text)")
        let set = try await control.run("component", "who", "shop")
        #expect(
            set.output == """
                pilot group early\t1.1\tgreen\t–
                pilot group gold\t1.0, since 2.0 is retired\tblue\t–
                rollout: 5 % of 1.1, without user-9\t1.1\tgreen\t–
                3000 slots\t1.1\tgreen\t30 %
                1000 slots\t1.0, since 2.0 is retired\tblue\t10 %
                everyone else\t1.0\tblue\t60 %

                """, "\(set)")
        let json = try await control.run("component", "who", "shop", "--json")
        #expect(json.json["defaultVersion"] == "1.0" && json.json["shares"]?["1.1"] == 30, "\(json)")
        try await cluster.done("component", "kill", "shop")
        #expect(try await rows() == ["1.0 STATIC": 1_000])
    }

    @Test("control and agent explain exactly what a lookup answers, step by step")
    func explained() async throws {
        let cluster = try await Cluster(agents: 1, options: ["--explain"])
        let (control, agent) = (cluster.control, cluster.agents[0])
        try await cluster.apply(Self.document(30))
        let connection = try agent.connect()
        for user in (0..<40).map({ "user-\($0)" }) {
            for context: JSONValue in [[:], ["plan": "gold"]] {
                let answer = try connection.lookup(
                    Crowd.key(of: "shop"), targetingKey: user, context: context.compactText())
                var members = try #require(context.objectValue)
                members["targetingKey"] = .string(user)
                let body: JSONValue = ["context": .object(members)]
                let central = try control.ask("POST", "/v1/environments/production/components/shop/explain", body)
                let own = try agent.http("POST", "/explain?component=shop", body: body)
                for told in [central, own.json] {
                    #expect(told["variant"]?.stringValue == answer.variant, "\(told.compactText())")
                    #expect(told["reason"]?.stringValue == answer.reason.name, "\(told.compactText())")
                    #expect(
                        told["component"] == "shop" && !told.compactText().contains("\\u0001"), "\(told.compactText())")
                }
                #expect(central["steps"] == own.json["steps"] && central["steps"]?.arrayValue?.isEmpty == false)
            }
        }
        let versions = try crowd.versions(of: "shop", from: agent)
        let user = try #require(crowd.keys.dropFirst(3).first { versions[$0] == "1.1" })
        // What a rule of a group looks at comes to the agent by the command, too.
        for (context, version) in [("plan=gold", "1.0\nupstream blue"), ("plan=trial", "1.1\nupstream green")] {
            let told = try await Pilotlight.run([
                "lookup", "--component", "shop", "--targeting-key", user, "--context", context, "--socket",
                agent.socket,
            ])
            #expect(told.output == "\(version) · TARGETING_MATCH · revision 1 (epoch 1) · fresh\n", "\(told)")
        }
        let asked = try await control.run("explain", "--component", "shop", "--targeting-key", "user-1")
        #expect(asked.output.hasPrefix("component shop: 1.1 · TARGETING_MATCH · revision 1 (epoch 1)\n  "), "\(asked)")
        #expect(asked.output.contains("user-1 is a member"), "\(asked)")
        let local = try await control.run(
            "explain", "--component", "shop", "--targeting-key", "user-1", "--socket", agent.socket)
        #expect(local.code == 0 && local.output == asked.output, "\(local)")
        let unknown = try await cluster.refused("explain", "--component", "shpo")
        #expect(unknown.contains("did you mean \"shop\"?"), "\(unknown)")
        let there = try await cluster.refused("explain", "--component", "shpo", "--socket", agent.socket)
        #expect(there.contains("there is no component \"shpo\"") && there.contains("component list"), "\(there)")
    }

    @Test("the blast radius of a dry run is what lookups show after the apply")
    func blastRadius() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(Self.document(10))
        let before = try crowd.versions(of: "shop", from: agent)
        let keys = try cluster.directory.write("keys.txt", crowd.lines)
        let file = try cluster.directory.write("next.json", Self.document(35))
        let dry = try await cluster.control.run("apply", file, "--dry-run", "--keys-from", keys)
        #expect(try crowd.versions(of: "shop", from: agent) == before)
        try await cluster.done("apply", file)
        let after = try crowd.versions(of: "shop", from: agent)
        let changed = crowd.keys.filter { before[$0] != after[$0] }
        #expect((150...350).contains(changed.count))
        #expect(
            dry.output.contains("blast radius: component shop changes for \(changed.count) of 1000 users"), "\(dry)")
        #expect(dry.output.contains("\n  1.0 → 1.1  \(changed.count): "), "\(dry)")
    }
}
