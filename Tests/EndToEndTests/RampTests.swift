import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Shares of users through a real control node and a real agent.
@Suite("Ramps", .gently)
struct RampTests {
    private let crowd = Crowd()

    @Test("nobody at 0 %, everyone at 100 %, without a targeting key too; a raised share only adds users")
    func shares() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(Fixture.flags("f"))
        try await cluster.done("flag", "ramp", "f", "--variant", "on", "--percent", "0")
        #expect(try crowd.answers("f", of: agent).values.allSatisfy { $0.variant == "off" && $0.reason == "DEFAULT" })

        var taken: [Int: Set<String>] = [:]
        for percent in [5, 30, 70, 30, 5] {
            try await cluster.done("flag", "ramp", "f", "--percent", "\(percent)")
            let users = try crowd.users(of: "on", "f", of: agent)
            #expect(taken[percent].map { $0 == users } ?? true, "the same users come back at \(percent) %")
            taken[percent] = users
            let answers = try crowd.answers("f", of: agent)
            #expect(users.allSatisfy { answers[$0]?.reason == "TARGETING_MATCH" })
            // Who can't be told from anyone else is in no share.
            #expect(try agent.connect().lookup("f").variant == "off")
        }
        let (few, some, many) = (taken[5] ?? [], taken[30] ?? [], taken[70] ?? [])
        #expect(few.isStrictSubset(of: some) && some.isStrictSubset(of: many))
        #expect((2...25).contains(few.count) && (40...80).contains(some.count) && (115...165).contains(many.count))

        let all = try await cluster.done("flag", "ramp", "f", "--percent", "100", "--message", "for all")
        #expect(all.output.hasPrefix("~ flag f  rollout: "), "\(all)")
        #expect(try crowd.users(of: "on", "f", of: agent).count == crowd.keys.count)
        #expect(try agent.connect().lookup("f").variant == "on")
        let shown = try await cluster.control.run("flag", "show", "f")
        #expect(shown.output.contains("\nrollout: 100 % of on\na kill serves: off\n"), "\(shown)")
        let list = try await cluster.control.run("flag", "list")
        #expect(list.output == "f\tENABLED\toff\toff on\t–\t100 % of on\t–\n", "\(list)")
    }

    @Test("pilot groups have it at any share; users and groups that are excluded never; an empty group is nobody")
    func groupsAndExclusions() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(
            """
            {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}},
             "pilots": {"early": {"members": ["ann", "bob", "cy"]}, "staff": {"members": ["cy", "dan"]},
              "empty": {"members": []}}}
            """)
        func variant(_ user: String) throws -> String? {
            try agent.connect().lookup("f", targetingKey: user).variant
        }
        try await cluster.done(
            "flag", "ramp", "f", "--variant", "on", "--percent", "0", "--pilot", "early", "--pilot", "empty",
            "--exclude", "bob", "--exclude", "staff")
        #expect(try variant("ann") == "on" && variant("bob") == "off" && variant("cy") == "off")
        #expect(try crowd.users(of: "on", "f", of: agent).isEmpty)
        try await cluster.done("flag", "ramp", "f", "--percent", "100")
        #expect(try crowd.users(of: "on", "f", of: agent).count == crowd.keys.count)
        for excluded in ["bob", "cy", "dan"] { #expect(try variant(excluded) == "off", "\(excluded)") }
        #expect(try agent.connect().lookup("f", targetingKey: "bob").reason.name == "DEFAULT")
        let shown = try await cluster.control.run("flag", "show", "f")
        #expect(
            shown.output.contains("rollout: 100 % of on, pilots early empty, without bob, without pilots staff"),
            "\(shown)")
        // Only what is given changes, and a list can be taken out.
        try await cluster.done("flag", "ramp", "f", "--percent", "0", "--no-exclude")
        #expect(try variant("ann") == "on" && variant("bob") == "on" && variant("dan") == "off")
        // A user may be called like a group.
        try await cluster.done("flag", "ramp", "f", "--percent", "100", "--no-pilots", "--exclude", "user:staff")
        #expect(try variant("staff") == "off" && variant("dan") == "on")
    }

    @Test("a group that rollouts or targeting name can't be deleted: the refusal names the flags")
    func groupsInUse() async throws {
        let cluster = try await Cluster(agents: 1)
        try await cluster.apply(
            """
            {"flags": {
              "by-rollout": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
               "rollout": {"variant": "on", "pilots": ["g"]}},
              "by-exclusion": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
               "rollout": {"variant": "on", "percentage": 100, "exclude": {"pilots": ["g"]}}},
              "by-targeting": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
               "targeting": {"if": [{"in_pilot": "g"}, "on"]}}},
             "pilots": {"g": {"members": ["ann"]}}}
            """)
        let refused = try await cluster.refused("pilot", "delete", "g", "--yes")
        for flag in ["by-rollout", "by-exclusion", "by-targeting"] { #expect(refused.contains(flag), "\(refused)") }
        let connection = try cluster.agents[0].connect()
        #expect(try connection.lookup("by-rollout", targetingKey: "ann").variant == "on")
        #expect(try connection.lookup("by-exclusion", targetingKey: "ann").variant == "off")
        try await cluster.done("flag", "ramp", "by-rollout", "--percent", "0", "--no-pilots")
        try await cluster.done("flag", "ramp", "by-exclusion", "--percent", "100", "--no-exclude")
        try await cluster.done("flag", "delete", "by-targeting", "--yes")
        try await cluster.done("pilot", "delete", "g", "--yes")
    }

    @Test(
        "two flags with one salt take in the same users; without, each its own; another attribute keeps companies whole"
    )
    func salts() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(Fixture.flags("a", "b", "c"))
        for flag in ["a", "b"] {
            try await cluster.done(
                "flag", "ramp", flag, "--variant", "on", "--percent", "20", "--salt", "spring")
        }
        try await cluster.done("flag", "ramp", "c", "--variant", "on", "--percent", "20")
        let users = try ["a", "b", "c"].map { try crowd.users(of: "on", $0, of: agent) }
        #expect(users[0] == users[1] && users[0] != users[2] && !users[0].isEmpty)
        // The same again at another share, and its own users once the salt is taken out.
        try await cluster.done("flag", "ramp", "b", "--percent", "40")
        #expect(users[0].isStrictSubset(of: try crowd.users(of: "on", "b", of: agent)))
        try await cluster.done("flag", "ramp", "b", "--percent", "20", "--salt", "")
        #expect(try crowd.users(of: "on", "b", of: agent) != users[0])

        try await cluster.done("flag", "ramp", "a", "--percent", "50", "--by", "companyId")
        var companies: [String: Int] = ["on": 0, "off": 0]
        for company in 0..<40 {
            let answers = try Crowd(5, prefix: "c\(company)-").answers(
                "a", of: agent, context: "{\"companyId\": \"company-\(company)\"}")
            #expect(Set(answers.values).count == 1, "company \(company) is split: \(answers)")
            companies[answers.values.first?.variant ?? "", default: 0] += 1
        }
        #expect(companies["on", default: 0] >= 8 && companies["off", default: 0] >= 8, "\(companies)")
        // Whoever has no company is in no share.
        #expect(try crowd.users(of: "on", "a", of: agent).isEmpty)
    }

    @Test("targeting comes before the rollout; where it answers for everybody a ramp is refused and names the branch")
    func targetingFirst() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        func document(_ otherwise: String) -> String {
            """
            {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false, "old": false},
             "defaultVariant": "off",
             "targeting": {"if": [{"==": [{"var": "plan"}, "trial"]}, "old"\(otherwise)]}}}}
            """
        }
        try await cluster.apply(document(""))
        let ramped = try await cluster.done("flag", "ramp", "f", "--variant", "on", "--percent", "100")
        #expect(ramped.output.contains("targeting"), "the branch that wins is named: \(ramped)")
        #expect(try agent.connect().lookup("f", targetingKey: "ann").variant == "on")
        #expect(try agent.connect().lookup("f", targetingKey: "ann", context: #"{"plan": "trial"}"#).variant == "old")
        try await cluster.done("flag", "delete", "f", "--yes")
        try await cluster.apply(document(", \"off\""))
        let refused = try await cluster.refused("flag", "ramp", "f", "--variant", "on", "--percent", "5")
        #expect(refused.contains("never gives null") && refused.contains("/targeting/if/1"), "\(refused)")
        let unnamed = try await cluster.refused("flag", "ramp", "f", "--percent", "5")
        #expect(unnamed.contains("variant"), "\(unnamed)")
    }

    @Test("a flag answers by its rules only where every prerequisite is met; a circle is refused")
    func prerequisites() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        func flag(_ key: String, _ more: String) -> String {
            """
            "\(key)": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"\(more)}
            """
        }
        let needs = #", "prerequisites": [{"flag": "basket", "variant": "on"}]"#
        let everyone = #", "rollout": {"variant": "on", "percentage": 100}"#
        let basket = flag("basket", #", "targeting": {"if": [{"==": [{"var": "plan"}, "gold"]}, "on"]}"#)
        try await cluster.apply("{\"flags\": {\(basket), \(flag("checkout", needs + everyone))}}")
        let gold = #"{"plan": "gold"}"#
        func answer(_ context: String?) throws -> Crowd.Answer {
            Crowd.Answer(try agent.connect().lookup("checkout", targetingKey: "ann", context: context))
        }
        #expect(try answer(gold).variant == "on" && answer(gold).reason == "TARGETING_MATCH")
        #expect(try answer(nil).variant == "off" && answer(nil).reason == "DEFAULT")
        let shown = try await cluster.control.run("flag", "show", "checkout")
        #expect(shown.output.contains("\nrequires: basket gives on\n"), "\(shown)")
        // What is required and disabled gives nobody anything.
        try await cluster.done("flag", "disable", "basket")
        #expect(try answer(gold).variant == "off")
        try await cluster.done("flag", "enable", "basket")
        #expect(try answer(gold).variant == "on")

        let circle = try cluster.directory.write(
            "circle.json",
            "{\"flags\": {\(flag("basket", #", "prerequisites": [{"flag": "checkout", "variant": "on"}]"#))}}")
        let refused = try await cluster.refused("apply", circle)
        #expect(refused.contains("circle") && refused.contains("basket") && refused.contains("checkout"), "\(refused)")
        let missing = try cluster.directory.write(
            "missing.json", "{\"flags\": {\(flag("x", #", "prerequisites": [{"flag": "baskt", "variant": "on"}]"#))}}")
        let unknown = try await cluster.refused("apply", missing)
        #expect(unknown.contains("baskt") && unknown.contains("did you mean \"basket\"?"), "\(unknown)")
        let deleted = try await cluster.refused("flag", "delete", "basket", "--yes")
        #expect(deleted.contains("checkout"), "\(deleted)")
    }

    @Test("a time ramp goes on with the control node killed, and only ever adds users")
    func timeRamp() async throws {
        // A machine that is overrun sees few of a short ramp's steps: then a longer one is looked at.
        for seconds: Int64 in [12, 40, 120] {
            if try await rises(over: seconds) { return }
        }
        Issue.record("no ramp was seen to rise in steps")
    }

    /// - Returns: whether it was seen to rise in steps.
    private func rises(over seconds: Int64) async throws -> Bool {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        let now = Int64(Date().timeIntervalSince1970)
        let (start, end) = (now + 1, now + 1 + seconds)
        try await cluster.apply(
            """
            {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
             "rollout": {"variant": "on", "ramp": {"from": 10, "to": 100, "start": \(start), "end": \(end)}}}}}
            """)
        let shown = try await cluster.control.run("flag", "list")
        #expect(shown.output.contains("\t10 % → 100 % of on"), "\(shown)")
        cluster.control.kill()
        var before: Set<String> = []
        var sizes: Set<Int> = []
        try await eventually("everyone has it", within: .seconds(300)) { sighting in
            let users = try crowd.users(of: "on", "f", of: agent)
            sighting.note(users.count)
            guard before.isSubset(of: users) else { throw Hopeless("somebody lost it again") }
            before = users
            sizes.insert(users.count)
            return users.count == crowd.keys.count
        }
        #expect(Int64(Date().timeIntervalSince1970) >= end, "not before its time")
        // Without a targeting key, too, once it is everybody.
        #expect(try agent.connect().lookup("f").variant == "on")
        return sizes.count > 2
    }

    @Test("--over lets the share move from what it is, and says when it ends")
    func over() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(Fixture.flags("f"))
        try await cluster.done("flag", "ramp", "f", "--variant", "on", "--percent", "20")
        let few = try crowd.users(of: "on", "f", of: agent)
        let ramped = try await cluster.done("flag", "ramp", "f", "--percent", "100", "--over", "3s")
        #expect(
            ramped.output.contains(/\nit ends at 100 % on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\nrevision 3\b/),
            "\(ramped)")
        try await eventually("everyone has it") { sighting in
            let users = try crowd.users(of: "on", "f", of: agent)
            sighting.note(users.count)
            guard few.isSubset(of: users) else { throw Hopeless("somebody lost it") }
            return users.count == crowd.keys.count
        }
        let done = try await awaited("the ramp is over") { _ -> String? in
            let list = try await cluster.control.run("flag", "list").output
            return list.contains("done") ? list : nil
        }
        #expect(done.contains(/\t20 % → 100 % of on, done \d{4}-/), "\(done)")
        // A kill takes it from everyone, and leaves the ramp as it was.
        try await cluster.done("flag", "kill", "f")
        #expect(try crowd.users(of: "on", "f", of: agent).isEmpty)
    }
}
