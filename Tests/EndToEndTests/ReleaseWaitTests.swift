import Foundation
import Harness
import JSON
import Testing

/// `pilotlight release start --wait`.
@Suite("Following a release", .gently)
struct ReleaseWaitTests {
    private static func plan(_ advance: String, minimum: String = "0s") -> String {
        """
        name: autumn
        changes: [{flag: cart, variant: "on"}]
        stages:
          - {name: staff, pilots: [staff], minimum: \(minimum), advance: \(advance)}
          - {name: half, percentage: 50, minimum: \(minimum), advance: \(advance)}
          - {name: everyone, percentage: 100, minimum: \(minimum), advance: \(advance)}
        """
    }

    private func create(_ plan: String) async throws -> Cluster {
        let cluster = try await ReleaseCommandTests.cluster()
        let created = try await cluster.control.run(
            "release", "create", try cluster.directory.write("autumn.yaml", plan))
        #expect(created.code == 0, "\(created)")
        return cluster
    }

    private func start(_ cluster: Cluster, _ options: String...) throws -> RunningProcess {
        try Pilotlight.start(
            ["release", "start", "autumn", "--wait"] + options, log: cluster.directory.path("wait"),
            environment: ["PILOTLIGHT_CONTROL_URL": cluster.control.url])
    }

    private func says(_ words: String, _ process: RunningProcess) async throws {
        try await eventually("it says \(words)") { sighting in
            sighting.note("\(process.output)\n\(process.errors)")
            return process.output.contains(words)
        }
    }

    @Test("each stage once, over kills of the control node, until it is launched: 0")
    func restarts() async throws {
        let cluster = try await create(Self.plan("by-itself", minimum: "6s"))
        let control = cluster.control
        let wait = try start(cluster)
        for stage in ["stage 1 of 3 (staff)", "stage 2 of 3 (half)"] {
            try await says(stage, wait)
            control.kill()
            try await eventually("the loss is said") { sighting in
                sighting.note(wait.errors)
                return wait.errors.hasSuffix("; asking on\n")
            }
            try await control.start()
        }
        #expect(try await wait.exit() == .exited(0), "\(wait.output) \(wait.errors)")
        let lines = wait.output.split(separator: "\n").filter { !$0.hasPrefix("  ") }
        #expect(lines.count == 4 && lines[0] == "autumn: running, stage 1 of 3 (staff)", "\(wait.output)")
        for (line, words) in zip(
            lines.dropFirst(),
            ["running, stage 2 of 3 (half)", "running, stage 3 of 3 (everyone)", "running → launched"])
        {
            #expect(line.contains(" UTC  \(words)"), "\(wait.output)")
        }
        #expect(wait.errors.components(separatedBy: "the control node answers again").count == 3, "\(wait.errors)")
    }

    @Test("what is by hand is said, and waited for; held is 2, rolled back 3")
    func byHand() async throws {
        let cluster = try await create(Self.plan("by-hand"))
        let control = cluster.control
        let wait = try start(cluster)
        try await says("the next step is by hand: pilotlight release advance autumn\n", wait)
        _ = try await control.run("release", "advance", "autumn", "--message", "fine")
        try await says("running, stage 2 of 3 (half)", wait)
        _ = try await control.run("release", "hold", "autumn", "--message", "odd")
        #expect(try await wait.exit() == .exited(2), "\(wait.output) \(wait.errors)")
        #expect(wait.output.contains(": fine\n") && wait.output.contains("running → held, stage 2 of 3 (half)"))
        #expect(wait.output.hasSuffix(": odd\n"), "\(wait.output)")

        _ = try await control.run("release", "rollback", "autumn")
        let other = try cluster.directory.write(
            "winter.yaml", Self.plan("by-hand").replacingOccurrences(of: "autumn", with: "winter"))
        _ = try await control.run("release", "create", other)
        let second = try Pilotlight.start(
            ["release", "start", "winter", "--wait", "--json"], log: cluster.directory.path("second"),
            environment: ["PILOTLIGHT_CONTROL_URL": control.url])
        try await eventually("it runs") { _ in
            try control.ask("GET", "/v1/environments/production/releases/winter")["state"] == "running"
        }
        _ = try await control.run("release", "rollback", "winter")
        #expect(try await second.exit() == .exited(3), "\(second.output) \(second.errors)")
        #expect(JSONReader.read(second.output).value?["state"] == "rolled-back", "\(second.output)")
    }

    @Test("scheduled and cancelled is 4; a signal ends the following with 130, and the release goes on")
    func endings() async throws {
        let cluster = try await create(Self.plan("by-hand"))
        let control = cluster.control
        let wait = try start(cluster, "--opens", "2099-12-01T09:00:00Z")
        try await says("autumn: scheduled, opens 2099-12-01 09:00:00 UTC", wait)
        try await says("scheduled → armed", wait)
        _ = try await control.run("release", "cancel", "autumn")
        #expect(try await wait.exit() == .exited(4), "\(wait.output) \(wait.errors)")

        let other = try cluster.directory.write(
            "winter.yaml", Self.plan("by-hand").replacingOccurrences(of: "autumn", with: "winter"))
        _ = try await control.run("release", "create", other)
        let second = try Pilotlight.start(
            ["release", "start", "winter", "--wait"], log: cluster.directory.path("second"),
            environment: ["PILOTLIGHT_CONTROL_URL": control.url])
        try await says("winter: running", second)
        second.signal(SIGINT)
        #expect(try await second.exit() == .exited(130), "\(second.output) \(second.errors)")
        #expect(second.errors.contains("pilotlight release show winter"), "\(second.errors)")
        #expect(try control.ask("GET", "/v1/environments/production/releases/winter")["state"] == "running")
    }

    @Test("a release that is on its way is taken up where it is, and nothing of it changes")
    func takenUp() async throws {
        let cluster = try await create(Self.plan("by-hand"))
        let control = cluster.control
        func release() throws -> JSONValue { try control.ask("GET", "/v1/environments/production/releases/autumn") }
        func follow(_ name: String, _ options: String...) throws -> RunningProcess {
            try Pilotlight.start(
                ["release", "start", "autumn", "--wait"] + options, log: cluster.directory.path(name),
                environment: ["PILOTLIGHT_CONTROL_URL": control.url])
        }
        _ = try await control.run("release", "start", "autumn", "--opens", "2099-12-01T09:00:00Z")
        try await eventually("it is armed") { _ in try release()["state"] == "armed" }
        let armed = try release()
        let first = try follow("first")
        try await says("autumn: armed, opens 2099-12-01 09:00:00 UTC\n", first)
        #expect(first.errors == "pilotlight: autumn is armed already: following it\n", "\(first.errors)")
        #expect(try release()["history"] == armed["history"], "a start would have scheduled it anew")
        // What asks for something is an order as ever, and those who follow see what it comes to.
        _ = try await control.run("release", "start", "autumn", "--now")
        try await says("armed → running, stage 1 of 3 (staff)", first)
        first.signal(SIGTERM)
        #expect(try await first.exit() == .exited(130), "\(first.output) \(first.errors)")

        let second = try follow("second", "--message", "again", "--idempotency-key", "k")
        try await says("autumn: running, stage 1 of 3 (staff)\n", second)
        #expect(
            second.errors == """
                pilotlight: autumn is running already: following it
                pilotlight: nothing is changed, so there is no use for --message and --idempotency-key

                """, "\(second.errors)")
        for option in ["--now", "--if-revision=0"] {
            let asking = try await control.run("release", "start", "autumn", "--wait", option)
            #expect(asking.code == 1 && asking.output.isEmpty && asking.errors.contains("(HTTP 4"), "\(asking)")
        }
        _ = try await control.run("release", "advance", "autumn", "--to", "half")
        try await says("running, stage 2 of 3 (half)", second)
        _ = try await control.run("release", "launch", "autumn")
        #expect(try await second.exit() == .exited(0), "\(second.output) \(second.errors)")
    }

    @Test("one that came to its end meanwhile says which, as the following would have: nothing is started")
    func takenUpLate() async throws {
        let cluster = try await create(Self.plan("by-hand"))
        let control = cluster.control
        for (orders, code, words) in [
            (["start", "hold"], 2, "held"), (["resume", "launch"], 0, "launched"), (["rollback"], 3, "rolled back"),
        ] as [([String], Int32, String)] {
            for order in orders { #expect(try await control.run("release", order, "autumn").code == 0, "\(order)") }
            let number = try control.environmentState().number
            let late = try await control.run("release", "start", "autumn", "--wait")
            #expect(late.code == code && late.output.hasPrefix("autumn: \(words)"), "\(late)")
            #expect(late.errors == "pilotlight: autumn was started before, and is \(words)\n", "\(late)")
            #expect(try control.environmentState().number == number)
        }
        let document = try await control.run("release", "start", "autumn", "--wait", "--json")
        #expect(document.code == 3 && JSONReader.read(document.output).value?["state"] == "rolled-back", "\(document)")

        // What was never started wasn't followed by anybody: that is a refusal to start it.
        let other = try cluster.directory.write(
            "winter.yaml", Self.plan("by-hand").replacingOccurrences(of: "autumn", with: "winter"))
        #expect(try await control.run("release", "create", other).code == 0)
        #expect(try await control.run("release", "cancel", "winter").code == 0)
        let cancelled = try await control.run("release", "start", "winter", "--wait")
        #expect(cancelled.code == 1 && cancelled.errors.contains("cancelled"), "\(cancelled)")
    }

    @Test("one that is deleted meanwhile is no longer followed, whoever has its name now: 6")
    func deleted() async throws {
        let plan = Self.plan("by-hand")
        let cluster = try await create(plan)
        let control = cluster.control
        let file = cluster.directory.path("autumn.yaml")
        for isMadeAgain in [false, true] {
            let wait = try Pilotlight.start(
                ["release", "start", "autumn", "--wait"], log: cluster.directory.path("wait-\(isMadeAgain)"),
                environment: ["PILOTLIGHT_CONTROL_URL": control.url])
            try await says("autumn: running, stage 1 of 3 (staff)", wait)
            // It is frozen, so that it sees what came of all that and nothing of the way there.
            wait.freeze()
            #expect(try await control.run("release", "rollback", "autumn").code == 0)
            #expect(try await control.run("release", "delete", "autumn", "--yes").code == 0)
            if isMadeAgain { #expect(try await control.run("release", "create", file).code == 0) }
            wait.thaw()
            #expect(try await wait.exit() == .exited(6), "\(wait.output) \(wait.errors)")
            let said = wait.errors.hasSuffix("pilotlight: autumn was deleted meanwhile: no longer followed\n")
            #expect(said, "\(wait.errors)")
            if !isMadeAgain { #expect(try await control.run("release", "create", file).code == 0) }
        }
    }

    @Test("an opening that came before the gate was green is missed: 5")
    func missed() async throws {
        let needs = "requires: [\"present: shop 2.0, at least 1\"]\n"
        let cluster = try await create(Self.plan("by-hand") + "\n" + needs)
        let wait = try start(cluster, "--opens", "+8s")
        #expect(try await wait.exit() == .exited(5), "\(wait.output) \(wait.errors)")
        #expect(wait.output.contains("it wasn't armed by its opening time"), "\(wait.output)")
        let release = try cluster.control.ask("GET", "/v1/environments/production/releases/autumn")
        #expect(release["state"] == "scheduled" && release["missed"] == true)
    }

    @Test("a refusal to start is one, and isn't waited for")
    func refused() async throws {
        let cluster = try await create(Self.plan("by-hand"))
        _ = try await cluster.control.run("flag", "kill", "cart")
        let wait = try await cluster.control.run("release", "start", "autumn", "--wait")
        #expect(wait.code == 1 && wait.errors.contains("cart") && wait.output.isEmpty, "\(wait)")
    }

    @Test("a terminal has a line for the stage that it is in")
    func terminal() async throws {
        let cluster = try await create(Self.plan("by-itself", minimum: "6s"))
        let terminal = try PseudoTerminal(
            ["release", "start", "autumn", "--wait", "--no-color"],
            environment: ["PILOTLIGHT_CONTROL_URL": cluster.control.url], logs: cluster.directory.path("terminal"))
        try await terminal.shows("\r\u{1B}[2Kautumn: running, stage 1 of 3 (staff), ")
        try await terminal.shows("\r\u{1B}[2Kautumn: running, stage 2 of 3 (half), ")
        try await terminal.shows("running → launched")
        #expect(try await terminal.process.exit() == .exited(0))
        #expect(
            terminal.text.components(separatedBy: "UTC  running, stage 2 of 3 (half)").count == 2, "\(terminal.text)")
    }
}
