import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Pilot groups by rule, by percentage, by list, and less those they exclude.
@Suite("Pilot rules", .gently)
struct PilotRuleTests {
    private let crowd = Crowd()

    private static func document(_ group: String) -> String {
        """
        {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
          "targeting": {"if": [{"in_pilot": "g"}, "on"]}},
         "r": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
          "rollout": {"variant": "on", "pilots": ["g"]}}},
         "pilots": {"g": \(group)}}
        """
    }

    @Test("the union of list, rule and percentage, less the exclusions, for targeting and rollouts alike")
    func union() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        let rule = try cluster.directory.write("rule.json", #"{"==": [{"var": "plan"}, "gold"]}"#)
        let gold = #"{"plan": "gold"}"#
        func users(_ context: String? = nil) throws -> Set<String> {
            let users = try crowd.users(of: "on", "f", of: agent, context: context)
            #expect(try crowd.users(of: "on", "r", of: agent, context: context) == users)
            return users
        }
        try await cluster.done("pilot", "create", "g")
        try await cluster.apply(Self.document(#"{"members": []}"#))
        #expect(try users().isEmpty && users(gold).isEmpty, "an empty group is nobody")

        try await cluster.done("pilot", "add", "g", "user-3", "user-4")
        #expect(try users() == ["user-3", "user-4"])
        let edited = try await cluster.done("pilot", "edit", "g", "--rule", rule, "--message", "gold too")
        #expect(edited.output.hasPrefix("~ pilot g  rule added\nrevision "), "\(edited)")
        #expect(try users() == ["user-3", "user-4"] && users(gold) == Set(crowd.keys))
        try await cluster.done("pilot", "edit", "g", "--exclude", "user-4", "--exclude", "user-5")
        #expect(try users() == ["user-3"] && users(gold) == Set(crowd.keys).subtracting(["user-4", "user-5"]))

        try await cluster.done("pilot", "edit", "g", "--no-rule", "--percent", "10")
        let tenth = try users()
        #expect((8...35).contains(tenth.count) && tenth.contains("user-3") && !tenth.contains("user-4"))
        #expect(try users(gold) == tenth)
        try await cluster.done("pilot", "edit", "g", "--percent", "40")
        #expect(try tenth.isStrictSubset(of: users()))
        let shown = try await cluster.control.run("pilot", "list")
        #expect(shown.output == "g\t2\t40 %, less 2 users\n", "\(shown)")
        try await cluster.done("pilot", "edit", "g", "--percent", "100", "--no-exclude")
        #expect(try users() == Set(crowd.keys))
        // Who has no name is no member and in no percentage but 100; a rule may still be true.
        #expect(try agent.connect().lookup("f").variant == "on")
        #expect(try agent.connect().lookup("r").variant == "on")
        try await cluster.done("pilot", "edit", "g", "--percent", "0", "--rule", rule)
        #expect(try agent.connect().lookup("f").variant == "off")
        #expect(try agent.connect().lookup("f", context: gold).variant == "on")
    }

    @Test("a group made with terms, by command or by document, is the same group")
    func terms() async throws {
        let cluster = try await Cluster(agents: 1)
        let rule = try cluster.directory.write("rule.json", #"{"in": [{"var": "region"}, ["eu", "uk"]]}"#)
        let made = try await cluster.done(
            "pilot", "create", "g", "--rule", rule, "--percent", "2.5", "--exclude", "bob")
        #expect(made.output == "g: created\nrevision 1 (epoch 1)\n", "\(made)")
        try await cluster.done("pilot", "add", "g", "ann")
        let file = try cluster.directory.write(
            "g.json",
            """
            {"flags": {}, "pilots": {"g": {"members": ["ann"], "rule": {"in": [{"var": "region"}, ["eu", "uk"]]},
             "percentage": 2.5, "exclude": ["bob"]}}}
            """)
        let same = try await cluster.done("apply", file)
        #expect(same.output.hasSuffix("nothing to change: revision 2 (epoch 1)\n"), "\(same)")
        let refused = try await cluster.refused("pilot", "create", "g", "--percent", "1")
        #expect(refused.contains("there is a pilot group"), "\(refused)")
        let broken = try cluster.directory.write("broken.json", "{\"frobnicate\": [1]}")
        let unknown = try await cluster.refused("pilot", "edit", "g", "--rule", broken)
        #expect(unknown.contains("frobnicate"), "\(unknown)")
        let cut = try cluster.directory.write("cut.json", "{\"==\": [1,\n 2")
        let unreadable = try await cluster.refused("pilot", "edit", "g", "--rule", cut)
        #expect(unreadable.contains("cut.json:2:3: "), "\(unreadable)")
        try await cluster.done("pilot", "edit", "g", "--no-rule", "--no-exclude", "--percent", "0")
        let plain = try cluster.control.ask("GET", "/v1/environments/production/pilots/g")
        #expect(plain["rule"] == .null && plain["percentage"] == .null && plain["exclude"] == [])
        #expect(plain["members"] == ["ann"])
    }

    @Test("members come and go as lines and as CSV")
    func files() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        #expect(try await control.run("pilot", "create", "g").code == 0)
        let odd = ["ann", "b,ob", "c\"y\"", "ünï"]
        let csv = try cluster.directory.write(
            "users.csv", "\u{FEFF}plan,id\r\ngold,ann\r\nfree,\"b,ob\"\r\n,\"c\"\"y\"\"\"\r\ngold,ünï\r\n")
        let added = try await control.run("pilot", "add", "g", "--from", csv, "--column", "id")
        #expect(added.code == 0 && added.output.hasPrefix("g: 4 members added\n"), "\(added)")
        let lines = try await control.run("pilot", "show", "g")
        #expect(lines.output.split(separator: "\n").map(String.init).sorted() == odd.sorted(), "\(lines)")

        let shown = try await control.run("pilot", "show", "g", "--csv")
        #expect(shown.output.hasPrefix("member\n") && shown.output.contains("\n\"b,ob\"\n"), "\(shown)")
        let copy = try cluster.directory.write("copy.csv", shown.output)
        let emptied = try await control.run("pilot", "remove", "g", "--from", copy)
        #expect(emptied.output.hasPrefix("g: 4 members removed\n"), "\(emptied)")
        let text = try cluster.directory.write("lines.txt", lines.output)
        let back = try await Pilotlight.run(
            ["pilot", "add", "g", "--from", "-", "--control-url", control.url], input: text)
        #expect(back.output.hasPrefix("g: 4 members added\n"), "\(back)")
        let piped = try await Pilotlight.run(
            ["pilot", "remove", "g", "--from", "-", "--column", "member", "--control-url", control.url], input: copy)
        #expect(piped.output.hasPrefix("g: 4 members removed\n"), "\(piped)")

        let wrong = try await cluster.refused("pilot", "add", "g", "--from", csv, "--column", "di")
        #expect(wrong.contains("users.csv has no column \"di\"") && wrong.contains("did you mean \"id\"?"), "\(wrong)")
        let holes = try await cluster.refused("pilot", "add", "g", "--from", csv)
        #expect(holes.contains("users.csv:4: the column \"plan\" is empty"), "\(holes)")
        let empty = try cluster.directory.write("empty.csv", "id\n")
        #expect(try await cluster.refused("pilot", "add", "g", "--from", empty).contains("names nobody"))
    }
}
