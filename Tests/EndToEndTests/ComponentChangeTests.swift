import Foundation
import Harness
import JSON
import Testing

/// What becomes of users when a component changes, and of a component on its way through files and environments.
@Suite("Component changes", .gently)
struct ComponentChangeTests {
    private let crowd = Crowd(4_000)

    private func create(_ cluster: Cluster) async throws {
        try await cluster.done("component", "create", "shop", "--version", "1.0", "--upstream", "blue")
        try await cluster.done("component", "add-version", "shop", "1.1", "--upstream", "green")
        try await cluster.done("component", "add-version", "shop", "2.0")
        try cluster.control.deployed("shop", "1.0", "1.1", "2.0")
    }

    private func moves(_ before: [String: String], _ after: [String: String]) -> [String: Int] {
        var moves: [String: Int] = [:]
        for (user, version) in before where after[user] != version {
            moves["\(version) → \(after[user] ?? "–")", default: 0] += 1
        }
        return moves
    }

    @Test("80/10/10 → 90/10/0 moves exactly the share that is given up, and back come the same")
    func splitMovesTheFewest() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await create(cluster)
        let split = try await cluster.done("component", "split", "shop", "1.0=80", "1.1=10", "2.0=10")
        #expect(split.output.contains("~ component shop  split: 1.0 80 %, 1.1 10 %, 2.0 10 %"), "\(split)")
        let before = try crowd.versions(of: "shop", from: agent)
        let counts = try crowd.shares(of: "shop", from: agent)
        #expect((3_050...3_350).contains(counts["1.0"] ?? 0) && (300...500).contains(counts["1.1"] ?? 0), "\(counts)")

        try await cluster.done("component", "split", "shop", "1.0=90", "1.1=10", "2.0=0")
        let after = try crowd.versions(of: "shop", from: agent)
        #expect(moves(before, after) == ["2.0 → 1.0": counts["2.0"] ?? 0])
        // What isn't named is the default's: the same again.
        let same = try await cluster.done("component", "split", "shop", "1.1=10")
        #expect(try crowd.versions(of: "shop", from: agent) == after, "\(same)")

        // Blue to green: nobody goes back.
        var last = after
        for percent in ["25", "60", "100"] {
            try await cluster.done("component", "split", "shop", "1.1=\(percent)")
            let now = try crowd.versions(of: "shop", from: agent)
            #expect(moves(last, now).keys.allSatisfy { $0 == "1.0 → 1.1" }, "\(moves(last, now))")
            last = now
        }
        #expect(Set(last.values) == ["1.1"])
    }

    @Test("retire-version: only its users move, to the default version")
    func retire() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await create(cluster)
        try await cluster.done("component", "split", "shop", "1.0=40", "1.1=30", "2.0=30")
        let before = try crowd.versions(of: "shop", from: agent)
        let counts = try crowd.shares(of: "shop", from: agent)
        try await cluster.done("component", "retire-version", "shop", "2.0")
        let after = try crowd.versions(of: "shop", from: agent)
        #expect(moves(before, after) == ["2.0 → 1.0": counts["2.0"] ?? 0] && counts.count == 3)
        let refused = try await cluster.refused("component", "retire-version", "shop", "1.0")
        #expect(refused.contains("default"), "\(refused)")
        // With another default they follow it.
        try await cluster.done("component", "default", "shop", "1.1")
        #expect(try moves(before, crowd.versions(of: "shop", from: agent)) == ["2.0 → 1.1": counts["2.0"] ?? 0])
        #expect(try await cluster.refused("component", "default", "shop", "2.0").contains("retired"))
    }

    @Test("blue to green by a ramp: raising only adds, and lowering and raising it again gives the same")
    func ramp() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await create(cluster)
        let begun = try await cluster.done(
            "component", "ramp", "shop", "--version", "1.1", "--percent", "10", "--exclude", "user-7")
        #expect(begun.output.contains("~ component shop  "), "\(begun)")
        let few = try crowd.users(of: "1.1", Crowd.key(of: "shop"), of: agent)
        try await cluster.done("component", "ramp", "shop", "--percent", "50")
        let half = try crowd.users(of: "1.1", Crowd.key(of: "shop"), of: agent)
        #expect((300...500).contains(few.count) && (1_850...2_150).contains(half.count) && few.isSubset(of: half))
        try await cluster.done("component", "ramp", "shop", "--percent", "10")
        #expect(try crowd.users(of: "1.1", Crowd.key(of: "shop"), of: agent) == few)
        try await cluster.done("component", "ramp", "shop", "--percent", "100")
        let everyone = try crowd.versions(of: "shop", from: agent)
        #expect(everyone.filter { $0.value != "1.1" } == ["user-7": "1.0"])
        let timed = try await cluster.done("component", "ramp", "shop", "--percent", "0", "--over", "2h")
        #expect(timed.output.contains("\nit ends at 0 % on "), "\(timed)")
    }

    @Test("a flag that requires a version is on for exactly those who get it, and keeps the component from deletion")
    func requiredByAFlag() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await create(cluster)
        try await cluster.done("component", "split", "shop", "1.1=30")
        try await cluster.apply(
            """
            {"flags": {"basket": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
              "prerequisites": [{"component": "shop", "version": "1.1"}],
              "rollout": {"variant": "on", "percentage": 100}}}}
            """)
        func isAsOne() throws -> Bool {
            let green = try crowd.users(of: "1.1", Crowd.key(of: "shop"), of: agent)
            return try crowd.users(of: "on", "basket", of: agent) == green
        }
        let green = try crowd.users(of: "1.1", Crowd.key(of: "shop"), of: agent)
        #expect((1_050...1_350).contains(green.count))
        #expect(try isAsOne())
        try await cluster.done("component", "split", "shop", "1.1=60")
        #expect(try isAsOne())
        try await cluster.done("component", "kill", "shop")
        #expect(try crowd.users(of: "on", "basket", of: agent).isEmpty)
        try await cluster.done("component", "kill", "shop", "--to", "1.1")
        #expect(try crowd.users(of: "on", "basket", of: agent).count == crowd.keys.count)
        try await cluster.done("component", "unkill", "shop")
        try await cluster.done("component", "retire-version", "shop", "1.1")
        #expect(try crowd.users(of: "on", "basket", of: agent).isEmpty)
        let refused = try await cluster.refused("component", "delete", "shop", "--yes")
        #expect(refused.contains("basket"), "\(refused)")
        let shown = try await cluster.control.run("flag", "show", "basket")
        #expect(shown.output.contains("requires: component shop gives 1.1\n"), "\(shown)")
        try await cluster.done("flag", "delete", "basket", "--yes")
        try await cluster.done("component", "delete", "shop", "--yes")
    }

    @Test("export, apply, promotion and rollback keep each user's version; the history and the diff tell of it")
    func roundTrips() async throws {
        let cluster = try await Cluster(agents: 1)
        let (control, agent) = (cluster.control, cluster.agents[0])
        try await create(cluster)
        try await cluster.done("pilot", "create", "early")
        try await cluster.done("pilot", "add", "early", "user-1")
        try await cluster.done("component", "pilot", "shop", "early=2.0")
        // A split that has come about in steps stands in other slots than one made at once.
        for shares in [["1.1=50"], ["1.1=20", "2.0=30"], ["1.1=35", "2.0=5"]] {
            try await Self.done(["component", "split", "shop"] + shares, cluster)
        }
        let before = try crowd.versions(of: "shop", from: agent)
        let number = try control.environmentState().number
        let file = cluster.directory.path("export.json")
        let exported = try await control.run("export", "--output", file)
        #expect(exported.output == "\(file): 0 flags, 1 component, 1 pilot group\n", "\(exported)")
        let same = try await control.run("apply", file)
        #expect(same.output == "nothing to change: revision \(number) (epoch 1)\n", "\(same)")

        // Back from a file, after it was another.
        try await cluster.done("component", "split", "shop", "1.1=90")
        #expect(try crowd.versions(of: "shop", from: agent) != before)
        try await cluster.done("apply", file)
        #expect(try crowd.versions(of: "shop", from: agent) == before)
        // Back by rollback, after it was deleted.
        try await cluster.done("component", "delete", "shop", "--yes")
        let back = try await cluster.done("rollback", "\(number)")
        #expect(back.output.contains("+ component shop  "), "\(back)")
        #expect(try crowd.versions(of: "shop", from: agent) == before)

        // In another environment, by promotion, everyone has the same version.
        try control.ask("POST", "/v1/environments", ["name": "staging"])
        let staging = AgentProcess("staging", in: cluster.directory.path, of: control, environment: "staging")
        try await staging.start()
        let promoted = try await control.run(
            "environment", "promote", "production", "staging", "component:shop", "--dry-run")
        #expect(promoted.code == 1 && promoted.errors.contains("early"), "it needs its pilot group: \(promoted)")
        let whole = try await control.run("environment", "promote", "production", "staging", "--pilots")
        #expect(whole.code == 0 && whole.output.contains("+ component shop  "), "\(whole)")
        try await staging.reaches(1)
        #expect(try crowd.versions(of: "shop", from: staging) == before)
        let none = try await control.run("environment", "diff", "production", "staging")
        #expect(none.output.hasPrefix("no difference: "), "\(none)")
        _ = try await control.run("component", "split", "shop", "1.1=1", "--environment", "staging")
        let diff = try await control.run("environment", "diff", "production", "staging")
        #expect(diff.output.contains("~ component shop  split: "), "\(diff)")
        let history = try await control.run("history", "shop")
        #expect(
            history.output.contains("\t+ component shop  ") && history.output.contains("\t− component shop"),
            "\(history)")
        let shown = try await control.run("history", "show", "\(number)")
        #expect(shown.output.contains("  +     \"1.1\": 35,\n"), "\(shown)")
    }

    private static func done(_ words: [String], _ cluster: Cluster) async throws {
        let result = try await Pilotlight.run(words + ["--control-url", cluster.control.url])
        guard result.code == 0 else { throw HarnessError("\(words): \(result)") }
        try await cluster.converged()
    }
}
