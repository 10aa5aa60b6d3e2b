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
        let cluster = try await create(Self.plan("by-itself", minimum: "3s"))
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

    @Test("an opening that came before the gate was green is missed: 5")
    func missed() async throws {
        let needs = "requires: [\"present: shop 2.0, at least 1\"]\n"
        let cluster = try await create(Self.plan("by-hand") + "\n" + needs)
        let wait = try start(cluster, "--opens", "+2s")
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
        let cluster = try await create(Self.plan("by-itself", minimum: "3s"))
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
