import Foundation
import Harness
import JSON
import Testing

/// `pilotlight release` and `pilotlight freeze`.
@Suite("Release commands", .gently)
struct ReleaseCommandTests {
    static let plan = """
        name: autumn
        title: Autumn sale
        owner: ann
        changes:
          - {flag: cart, variant: "on"}
        stages:
          - {name: staff, pilots: [staff]}
          - {percentage: 10}
          - {name: everyone, percentage: 100}
        announcement:
          users: A **new** cart.
          support: Ask for the *order number*.
          links: [{title: Training, url: "https://example.com/training"}]
        """

    /// Flags a and cart, off for everyone, and a group staff.
    static func cluster(controlVariables: [String: String] = [:]) async throws -> Cluster {
        let cluster = try await Cluster(agents: 0, controlVariables: controlVariables)
        try cluster.control.apply(Fixture.flags("cart", "other"))
        try cluster.control.apply(#"{"flags": {}, "pilots": {"staff": {"members": ["ann"]}}}"#)
        return cluster
    }

    @Test("from a file to a launch and back again, each step as it says")
    func life() async throws {
        let cluster = try await Self.cluster()
        let control = cluster.control
        let file = try cluster.directory.write("autumn.yaml", Self.plan)
        func order(_ words: String...) async throws -> String {
            let result = try await Pilotlight.run(["release"] + words + ["--control-url", control.url])
            #expect(result.code == 0, "\(words): \(result)")
            return result.output
        }
        #expect(try await order("create", file).hasPrefix("autumn: draft\n"))
        let twice = try await control.run("release", "create", file)
        #expect(twice.code == 1 && twice.errors.contains("--replace"), "\(twice)")
        #expect(try await order("create", file, "--replace").hasPrefix("autumn: draft\n"))
        #expect(
            try await order("start", "autumn", "--message", "go").hasPrefix("autumn: running, stage 1 of 3 (staff)\n"))
        let owned = try await control.run("flag", "default", "cart", "on")
        #expect(owned.code == 1 && owned.errors.contains("autumn"), "\(owned)")
        let far = try await control.run("release", "advance", "autumn", "--to", "everyone")
        #expect(far.code == 1 && far.errors.contains("everyone") && far.errors.contains("hint"), "\(far)")
        #expect(
            try await order("advance", "autumn", "--to", "10 %").hasPrefix("autumn: running, stage 2 of 3 (10 %)\n"))
        let late = try await control.run("release", "advance", "autumn", "--to", "2")
        #expect(late.code == 1 && late.errors.contains("10 %") && late.errors.contains("already"), "\(late)")
        let owner = "autumn, running, stage 2 of 3 (10 %): on for 10 %, pilots staff"
        #expect(try await control.run("flag", "show", "cart").output.hasPrefix("RELEASE: \(owner)\n{\n"))
        #expect(try await control.run("flag", "list").output.contains("\t\(owner)\nother\t"))
        #expect(try await order("hold", "autumn").hasPrefix("autumn: held, stage 2 of 3 (10 %)\n"))
        #expect(try await order("resume", "autumn").hasPrefix("autumn: running, stage 2 of 3 (10 %)\n"))
        #expect(try await order("list", "--state", "running") == "autumn\trunning\t2/3\tcart → on\t–\tgreen\n")
        #expect(try await order("list", "--state", "held").isEmpty)
        #expect(try await order("launch", "autumn").hasPrefix("autumn: launched\nrevision "))
        let stale = try await control.run("flag", "list", "--stale")
        #expect(stale.output.hasPrefix("cart\ton\tautumn\t20") && stale.output.hasSuffix("\tann\n"), "\(stale)")
        #expect(try await control.run("flag", "list", "--stale", "--json").json["flags"]?.arrayValue?.count == 1)
        let picture = try await order("show", "autumn")
        for line in [
            "autumn: launched", "  title     Autumn sale", "    ✓ staff     pilots staff  by hand",
            "    ✓ everyone  100 %         by hand",
        ] {
            #expect(picture.contains(line + "\n"), "\(line) isn't in \(picture)")
        }
        #expect(
            picture.contains("  latest 5 of 6 transitions\n") && picture.contains("running → launched"), "\(picture)")
        #expect(picture.contains("  draft → running, stage 1 of 3 (staff)") && picture.contains(": go\n"), "\(picture)")
        #expect(try await order("rollback", "autumn").hasPrefix("autumn: rolled back\n"))
        #expect(try control.ask("GET", "/v1/environments/production/flags/cart")["defaultVariant"] == "off")
        let over = try await control.run("release", "cancel", "autumn", "--json")
        #expect(over.code == 1 && over.json["status"] == 409 && over.errors.contains("hint"), "\(over)")
        let unknown = try await control.run("release", "show", "autum")
        #expect(unknown.code == 1 && unknown.errors.contains("autumn"), "\(unknown)")
    }

    @Test("delete asks, and frees the name of one that is over; one that is on its way, or launched, is refused")
    func delete() async throws {
        let cluster = try await Self.cluster()
        let control = cluster.control
        let file = try cluster.directory.write("autumn.yaml", Self.plan)
        func run(_ words: String...) async throws -> CommandResult {
            try await Pilotlight.run(["release"] + words + ["--control-url", control.url])
        }
        _ = try await run("create", file)
        let unasked = try await run("delete", "autumn")
        #expect(unasked.code == 1 && unasked.errors.contains("--yes"), "\(unasked)")
        #expect(try await run("delete", "autumn", "--yes").output == "autumn: deleted\n")
        #expect(try await run("list").output.isEmpty)

        _ = try await run("create", file)
        _ = try await run("start", "autumn")
        let running = try await run("delete", "autumn", "--yes")
        #expect(running.code == 1 && running.errors.contains("pilotlight release rollback autumn"), "\(running)")
        _ = try await run("launch", "autumn")
        let launched = try await run("delete", "autumn", "--yes")
        #expect(launched.code == 1 && launched.errors.contains("cart"), "\(launched)")
        _ = try await run("rollback", "autumn")
        let taken = try await run("create", file, "--replace")
        #expect(taken.code == 1 && taken.errors.contains("pilotlight release delete autumn"), "\(taken)")
        let key = ["--yes", "--idempotency-key", "once"]
        let deleted = try await Pilotlight.run(["release", "delete", "autumn", "--control-url", control.url] + key)
        #expect(deleted.output == "autumn: deleted\n", "\(deleted)")
        #expect(try await run("create", file).code == 0)
        // Its revisions are still told of.
        let history = try await control.run("history", "autumn")
        #expect(history.output.split(separator: "\n").count == 2, "\(history)")
        let gone = try await run("delete", "autum", "--yes")
        #expect(gone.code == 1 && gone.errors.contains("did you mean \"autumn\"?"), "\(gone)")
    }

    @Test("what a plan says out of the ordinary is shown; what goes without saying isn't")
    func shows() async throws {
        let cluster = try await Self.cluster()
        let control = cluster.control
        try control.apply(#"{"flags": {}, "pilots": {"key-accounts": {"members": []}}}"#)
        let more = """

            onRed: rollback
            exclude: { users: [bob], pilots: [key-accounts] }
            bucketBy: company
            salt: spring
            notes: |
              Jo watches the payments.
              Call her.
            """
        for (name, plan) in [("plain", Self.plan), ("more", Self.plan + more)] {
            let text = plan.replacingOccurrences(of: "name: autumn", with: "name: \(name)")
            _ = try await control.run("release", "create", try cluster.directory.write("\(name).yaml", text))
        }
        let shown = try await control.run("release", "show", "more")
        for line in [
            "excludes  users bob, pilots key-accounts", "bucket by company", "salt      spring",
            "on red    rolled back",
            "announces to users, support; staff as support",
            "notes\n    Jo watches the payments.\n    Call her.\n  stages",
        ] {
            #expect(shown.output.contains("\n  \(line)\n"), "\(line) isn't in \(shown)")
        }
        let plain = try await control.run("release", "show", "plain")
        for word in ["excludes", "bucket by", "salt", "on red", "notes"] {
            #expect(!plain.output.contains("\n  \(word)"), "\(plain)")
        }
    }

    @Test("what is wrong with a file is said with its place; a template makes a plan of options")
    func plans() async throws {
        let cluster = try await Self.cluster()
        let control = cluster.control
        let odd = Self.plan.replacingOccurrences(of: "variant: \"on\"", with: "varant: \"on\"")
            .replacingOccurrences(of: "percentage: 10}", with: "percentage: 1000}")
        let file = try cluster.directory.write("odd.yaml", odd)
        let refused = try await control.run("release", "create", file)
        #expect(refused.code == 1 && refused.errors.contains("\(file):5:26: "), "\(refused)")
        #expect(
            refused.errors.contains("\(file):8:") && refused.errors.contains("did you mean \"variant\"?"), "\(refused)")
        let input = try cluster.directory.write("input", Self.plan)
        let piped = try await Pilotlight.run(
            ["release", "create", "-", "--control-url", control.url, "--json"], input: input)
        #expect(piped.code == 0 && piped.json["plan"]?["name"] == "autumn", "\(piped)")

        try control.apply(#"{"flags": {}, "pilots": {"pilot-customers": {"members": ["bob"]}}}"#)
        let made = try await control.run(
            "release", "create", "winter", "--template", "gradual", "--flag", "other=on", "--opens",
            "2099-12-01T09:00:00+01:00", "--require", "everywhere: shop >= 1.2", "--message", "as every year")
        #expect(made.code == 0, "\(made)")
        let shown = try await control.run("release", "show", "winter", "--json")
        let plan = shown.json["plan"]
        #expect(
            plan?["stages"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == [
                "staff", "pilot-customers", "1 %", "10 %", "50 %", "everyone",
            ], "\(shown)")
        #expect(
            plan?["opens"] == "2099-12-01T08:00:00Z" && plan?["requires"] == ["everywhere: shop >= 1.2"], "\(shown)")
        let red = try await control.run("release", "start", "winter", "--now")
        #expect(red.code == 1 && red.errors.contains("shop"), "\(red)")
        #expect(try await control.run("release", "show", "winter").output.contains("\n  gate      red\n"))
        let cancelled = try await control.run("release", "cancel", "winter")
        #expect(cancelled.output.hasPrefix("winter: cancelled\n"), "\(cancelled)")
    }

    @Test("agents in the way of a start are named, one to a line")
    func namesAgents() async throws {
        let cluster = try await Self.cluster()
        let control = cluster.control
        let plan = Self.plan + "\nrequires: [\"everywhere: shop >= 1.2\"]"
        _ = try await control.run("release", "create", try cluster.directory.write("autumn.yaml", plan))
        let agents = ["1.1", "1.2", "1.0"].enumerated().map { index, version in
            AgentProcess(
                "shop-\(index)", in: cluster.directory.path, of: control,
                options: ["--service", "shop", "--service-version", version])
        }
        for agent in agents { try agent.launch() }
        try await eventually("all three are heard") { _ in try control.fleet().agents.count { $0.state == "live" } == 3
        }
        let refused = try await control.run("release", "start", "autumn")
        #expect(refused.code == 1 && refused.errors.contains("\n  agents:\n    shop-0\n    shop-2\n"), "\(refused)")
        let list = try await control.run("release", "list")
        #expect(list.output == "autumn\tdraft\t–\tcart → on\t–\tred\n", "\(list)")
        for agent in agents { try await agent.stop() }
    }

    @Test("an agent that went without a goodbye keeps a gate red until it is forgotten, and the refusal says how")
    func silentAgents() async throws {
        let cluster = try await Self.cluster(controlVariables: ControlProcess.soonSilent)
        let control = cluster.control
        let plan = Self.plan + "\nrequires: [\"everywhere: shop >= 1.2\"]"
        _ = try await control.run("release", "create", try cluster.directory.write("autumn.yaml", plan))
        let agents = ["1.1", "1.2"].enumerated().map { index, version in
            AgentProcess(
                "shop-\(index)", in: cluster.directory.path, of: control,
                options: ["--service", "shop", "--service-version", version])
        }
        for agent in agents { try await agent.start() }
        let id = try await awaited("both are heard") { sighting in
            let fleet = try control.fleet()
            sighting.note(fleet.json.compactText())
            return fleet.agents.count == 2 ? fleet.agent("shop-0")?.id : nil
        }
        agents[0].kill()
        try await eventually("it is silent") { _ in try control.fleet().agent("shop-0")?.state == "silent" }
        let silent = try await control.run("release", "start", "autumn")
        #expect(silent.code == 1 && silent.errors.contains("shop-0 (1.1, silent)"), "\(silent)")
        #expect(silent.errors.contains("`pilotlight fleet forget \(id)`"), "\(silent)")
        let shown = try await control.run("release", "show", "autumn")
        #expect(shown.output.contains("\n      shop-0\n      hint: shop-0 is silent"), "\(shown)")
        #expect(shown.output.contains("`pilotlight fleet forget \(id)`\n"), "\(shown)")
        #expect(try await control.run("fleet", "forget", id).code == 0)
        let started = try await control.run("release", "start", "autumn")
        #expect(started.code == 0, "\(started)")
        try await agents[1].stop()
    }

    @Test("freeze windows keep a release waiting, but not whoever says --despite-freeze; the calendar shows both")
    func freezes() async throws {
        let cluster = try await Self.cluster()
        let control = cluster.control
        _ = try await control.run("release", "create", try cluster.directory.write("autumn.yaml", Self.plan))
        let set = try await control.run(
            "freeze", "set", "ever", "--from", "2020-01-01T00:00:00Z", "--until", "2099-01-01 00:00", "--time-zone",
            "Europe/Berlin", "--reason", "nobody is in")
        #expect(
            set.code == 0 && set.output.hasPrefix("ever: from 2020-01-01T00:00:00Z until 2099-01-01 00:00"), "\(set)")
        let weekly = try await control.run(
            "freeze", "set", "weekend", "--weekly", "--from", "fri 16:00", "--until", "mon 08:00")
        #expect(weekly.code == 0, "\(weekly)")
        let list = try await control.run("freeze", "list")
        let rows = list.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(rows.map { $0[0] } == ["ever", "weekend"] && rows[1][3] == "yes" && rows[0][5] == "frozen", "\(list)")
        let refused = try await control.run("release", "start", "autumn")
        #expect(
            refused.code == 1 && refused.errors.contains("ever") && refused.errors.contains("--despite-freeze"),
            "\(refused)")
        let started = try await control.run("release", "start", "autumn", "--despite-freeze")
        #expect(started.code == 0, "\(started)")
        let calendar = try await control.run(
            "release", "list", "--calendar", "--from", "2030-01-01T00:00:00Z", "--until", "2030-01-08T00:00:00Z")
        let kinds = Set(
            calendar.output.split(separator: "\n").compactMap { $0.split(separator: "\t").dropFirst(3).first })
        #expect(kinds.isSuperset(of: ["ever", "weekend"]), "\(calendar)")
        for name in ["ever", "weekend"] {
            let removed = try await control.run("freeze", "remove", name)
            #expect(removed.output == "\(name): removed\n", "\(removed)")
        }
        #expect(try await control.run("freeze", "list").output.isEmpty)
        let unknown = try await control.run("freeze", "remove", "ever")
        #expect(unknown.code == 1 && unknown.errors.contains("ever"), "\(unknown)")
    }

    @Test("notes for each audience; an earlier answer, with its revision's time")
    func notes() async throws {
        let cluster = try await Self.cluster()
        let control = cluster.control
        _ = try await control.run("release", "create", try cluster.directory.write("autumn.yaml", Self.plan))
        let users = try await control.run("release", "notes", "autumn")
        #expect(
            users.output == "# Autumn sale\n\nA **new** cart.\n\n- [Training](https://example.com/training)\n",
            "\(users)")
        let support = try await control.run("release", "notes", "autumn", "--audience", "support")
        #expect(support.output.contains("Ask for the *order number*."), "\(support)")

        _ = try await control.run("release", "start", "autumn")
        let before = try control.environmentState().number
        _ = try await control.run("release", "rollback", "autumn")
        let now = try await control.run("explain", "cart", "--targeting-key", "ann")
        #expect(now.output.hasPrefix("cart: off (false)"), "\(now)")
        let then = try await control.run("explain", "cart", "--targeting-key", "ann", "--at", "\(before)")
        #expect(then.output.hasPrefix("cart: on (true) · "), "\(then)")
        #expect(then.output.contains("revision \(before) (epoch 1) · published 20"), "\(then)")
        let never = try await control.run("explain", "cart", "--at", "\(before + 100)")
        #expect(never.code == 1 && never.errors.contains("hint"), "\(never)")
    }
}
