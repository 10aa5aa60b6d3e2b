import Foundation
import Harness
import JSON
import Testing

/// `pilotlight who` and the blast radius of a dry run, held against what lookups answer.
@Suite("Who", .gently)
struct WhoTests {
    private let crowd = Crowd(1_000)

    private static func document(_ percentage: String) -> String {
        """
        {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false, "trial": false},
          "defaultVariant": "off", "targeting": {"if": [{"==": [{"var": "plan"}, "trial"]}, "trial"]},
          "rollout": {"variant": "on", "percentage": \(percentage), "pilots": ["early"],
           "exclude": {"users": ["user-2"]}}},
         "other": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}},
         "pilots": {"early": {"members": ["user-1", "user-2", "user-3"]}}}
        """
    }

    private struct Group: Hashable {
        var variant: String?
        var reason: String
    }

    private func counted(_ flag: String, _ agent: AgentProcess, context: String? = nil) throws -> [Group: Int] {
        Dictionary(
            grouping: try crowd.answers(flag, of: agent, context: context).values,
            by: { Group(variant: $0.variant, reason: $0.reason) }
        ).mapValues(\.count)
    }

    @Test("counts are those of lookups, with a context too; keys come as lines, as CSV, by pipe, and count once")
    func counts() async throws {
        let cluster = try await Cluster(agents: 1)
        let (control, agent) = (cluster.control, cluster.agents[0])
        try await cluster.apply(Self.document("30"))
        let lines = try cluster.directory.write("keys.txt", crowd.lines + crowd.lines)
        let csv = try cluster.directory.write(
            "keys.csv", "plan,id\n" + crowd.keys.map { "x,\"\($0)\"\n" }.joined())
        func rows(_ words: String...) async throws -> [Group: Int] {
            let result = try await Pilotlight.run(words + ["--json", "--control-url", control.url])
            #expect(result.code == 0 && result.json["users"] == 1_000, "\(result)")
            let rows = (result.json["variants"]?.arrayValue ?? []).map { row in
                (
                    Group(variant: row["variant"]?.stringValue, reason: row["reason"]?.stringValue ?? ""),
                    Int(row["count"]?.integerValue ?? -1)
                )
            }
            return Dictionary(rows) { _, _ in -1 }
        }
        let plain = try counted("f", agent)
        #expect(plain.count == 2)
        #expect(try await rows("who", "f", "--keys-from", lines) == plain)
        #expect(try await rows("who", "f", "--keys-from", csv, "--column", "id") == plain)
        #expect(
            try await rows("who", "f", "--keys-from", lines, "--context", "plan=trial")
                == counted("f", agent, context: #"{"plan": "trial"}"#))
        try await cluster.done("flag", "kill", "f")
        #expect(try await rows("who", "f", "--keys-from", lines) == [Group(variant: "off", reason: "STATIC"): 1_000])
        try await cluster.done("flag", "disable", "f")
        #expect(try await rows("who", "f", "--keys-from", lines) == [Group(variant: nil, reason: "DISABLED"): 1_000])

        let text = try await control.run("who", "other", "--keys-from", lines)
        #expect(text.output == "off\tSTATIC\t1000\t100 %\n", "\(text)")
        let piped = try await Pilotlight.run(
            ["who", "other", "--keys-from", "-", "--control-url", control.url], input: lines)
        #expect(piped.output == text.output, "\(piped)")
        #expect(try await cluster.refused("who", "othr", "--keys-from", lines).contains("did you mean \"other\"?"))
        #expect(
            try await cluster.refused("who", "f", "--keys-from", "nowhere.txt").contains("nowhere.txt can't be read"))
    }

    @Test("more keys than one request takes are counted all the same")
    func manyKeys() async throws {
        let cluster = try await Cluster(agents: 0)
        try cluster.control.apply(Self.document("50"))
        let many = Crowd(120_001)
        let file = try cluster.directory.write("keys.txt", many.lines)
        let result = try await cluster.control.run("who", "f", "--keys-from", file, "--json")
        #expect(result.json["users"] == 120_001, "\(result)")
        let counts = (result.json["variants"]?.arrayValue ?? []).compactMap { $0["count"]?.integerValue }
        #expect(counts.reduce(0, +) == 120_001 && counts.allSatisfy { (58_000...62_500).contains($0) }, "\(counts)")
    }

    @Test("the blast radius of a dry run is what lookups show after the apply")
    func blastRadius() async throws {
        let cluster = try await Cluster(agents: 1)
        let (control, agent) = (cluster.control, cluster.agents[0])
        try await cluster.apply(Self.document("10"))
        let before = try crowd.answers("f", of: agent)
        let keys = try cluster.directory.write("keys.txt", crowd.lines)
        let file = try cluster.directory.write("next.json", Self.document("35"))
        let dry = try await control.run("apply", file, "--dry-run", "--keys-from", keys, "--json")
        #expect(dry.code == 0 && dry.json["published"] == false, "\(dry)")
        let radius = try #require(
            dry.json["blastRadius"]?.arrayValue?.first { $0["flag"] == "f" }, "\(dry.json.compactText())")
        #expect(dry.json["blastRadius"]?.arrayValue?.contains { $0["flag"] == "other" } == false)
        let words = try await control.run("apply", file, "--dry-run", "--keys-from", keys)
        #expect(try crowd.answers("f", of: agent) == before, "a dry run changes nothing")

        try await cluster.done("apply", file)
        let after = try crowd.answers("f", of: agent)
        let changed = crowd.keys.filter { before[$0]?.variant != after[$0]?.variant }
        #expect(changed.count > 100)
        #expect(
            radius["changed"]?.integerValue == Int64(changed.count) && radius["of"] == 1_000, "\(radius.compactText())")
        let moves = radius["moves"]?.arrayValue ?? []
        #expect(moves.count == 1 && moves[0]["from"] == "off" && moves[0]["to"] == "on")
        #expect(moves[0]["count"]?.integerValue == Int64(changed.count))
        let sample = (moves[0]["sample"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect(!sample.isEmpty && Set(sample).isSubset(of: Set(changed)), "\(sample)")
        #expect(words.output.contains("blast radius: f changes for \(changed.count) of 1000 users"), "\(words)")
        #expect(words.output.contains("\n  off → on  \(changed.count): \(sample[0]), "), "\(words)")

        let none = try await control.run("apply", file, "--dry-run", "--keys-from", keys)
        #expect(none.code == 0 && !none.output.contains(" changes for "), "\(none)")
        let unasked = try await control.run("apply", file, "--keys-from", keys)
        #expect(unasked.code == 64 && unasked.errors.contains("--dry-run"), "\(unasked)")
    }
}
