import Foundation
import Harness
import JSON
import Testing

/// `pilotlight deployment` and `pilotlight status`, beside agents that report what they run beside.
@Suite("Deployment commands", .gently)
struct DeploymentCommandTests {
    private static let document = #"""
        {"flags": {}, "components": {"checkout": {
          "versions": {"1.4.1": {}, "1.4.2": {"upstream": "green"}, "2.0": {}}, "defaultVersion": "1.4.1"}}}
        """#

    private func agent(_ name: String, _ version: String, _ cluster: Cluster) async throws -> AgentProcess {
        let agent = AgentProcess(
            name, in: cluster.directory.path, of: cluster.control,
            options: ["--service", "checkout", "--service-version", version])
        try await agent.start()
        return agent
    }

    @Test("recorded, checked, listed beside what agents report, and retired")
    func life() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Self.document)
        let agent = try await agent("web-1", "1.4.1", cluster)
        try await eventually("control has heard from it") { _ in
            try control.fleet().agents.contains { $0.name == "web-1" && $0.state == "live" }
        }
        let recorded = try await control.run(
            "deployment", "record", "checkout", "1.4.2", "--upstream", "green", "--verify", control.url + "/healthz",
            "--message", "from the pipeline")
        #expect(
            recorded.code == 0 && recorded.output.hasPrefix("checkout 1.4.2: verified  passed, HTTP 200"), "\(recorded)"
        )
        let nobody = "http://127.0.0.1:\(try FreePort.next())/"
        let failed = try await control.run(
            "deployment", "record", "checkout", "2.0", "--where", "eu", "--verify", nobody, "--json")
        #expect(failed.code == 1 && failed.json["state"] == "failed" && failed.json["where"] == "eu", "\(failed)")
        #expect(failed.errors.hasPrefix("pilotlight: checkout 2.0 in eu is recorded as failed: failed, "), "\(failed)")
        #expect(failed.errors.contains("\n  hint: "), "\(failed)")

        let list = try await control.run("deployment", "list", "checkout")
        let rows = list.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(
            rows.prefix(3).map { $0.prefix(4).joined(separator: " ") }.sorted() == [
                "checkout 1.4.1 not recorded –", "checkout 1.4.2 verified –", "checkout 2.0 failed eu",
            ], "\(list)")
        #expect(
            list.output.contains("disagreement: checkout 1.4.1: nobody recorded it, but agent web-1 runs it"), "\(list)"
        )
        #expect(list.output.contains("disagreement: checkout 1.4.2: verified, but no live agent reports it"), "\(list)")

        let better = try await control.run("deployment", "verify", "checkout", "2.0", "--passed")
        #expect(better.code == 0 && better.output.hasPrefix("checkout 2.0 in eu: verified"), "\(better)")
        let worse = try await control.run("deployment", "verify", "checkout", "2.0", "--failed", "cart is empty")
        #expect(worse.code == 0 && worse.output.contains("failed, cart is empty"), "\(worse)")
        let again = try await control.run("deployment", "verify", "checkout", "1.4.2", "--json")
        #expect(again.code == 0 && again.json["check"]?["passed"] == true, "\(again)")
        let retired = try await control.run("deployment", "retire", "checkout", "2.0", "--where", "eu")
        #expect(retired.output.hasPrefix("checkout 2.0 in eu: retired"), "\(retired)")
        let unknown = try await control.run("deployment", "retire", "checkout", "3.0")
        #expect(unknown.code == 1 && unknown.errors.contains("3.0") && unknown.errors.contains("hint"), "\(unknown)")
        try await agent.stop()
    }

    @Test("nobody is given a version that nobody has verified, unless --unchecked says so")
    func unchecked() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Self.document)
        try control.apply(#"{"flags": {}, "pilots": {"g": {"members": ["ann"]}}}"#)
        let orders = [
            ["split", "checkout", "1.4.2=10"], ["pilot", "checkout", "g=1.4.2"],
            ["ramp", "checkout", "--version", "1.4.2", "--percent", "5"], ["default", "checkout", "1.4.2"],
        ]
        for order in orders {
            let words = ["component"] + order + ["--control-url", control.url]
            let refused = try await Pilotlight.run(words)
            #expect(refused.code == 1 && refused.errors.contains("--unchecked"), "\(refused)")
            let taken = try await Pilotlight.run(words + ["--unchecked"])
            #expect(taken.code == 0, "\(taken)")
        }
        _ = try await control.run("component", "default", "checkout", "1.4.1", "--unchecked")
        _ = try await control.run("deployment", "record", "checkout", "2.0")
        let recorded = try await control.run("component", "default", "checkout", "2.0")
        #expect(recorded.code == 1, "\(recorded)")
        _ = try await control.run("deployment", "verify", "checkout", "2.0", "--passed")
        let verified = try await control.run("component", "default", "checkout", "2.0")
        #expect(verified.code == 0, "\(verified)")
        let retired = try await control.run("deployment", "retire", "checkout", "2.0")
        #expect(
            retired.code == 0 && retired.output.contains("warning:") && !retired.output.contains("disagreement")
                && retired.output.contains(#"users are given version "2.0", and no deployment of it stands"#),
            "\(retired)")
    }

    @Test("status says which versions are deployed, being released, released, and dormant after that")
    func status() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Self.document)
        try control.apply(Fixture.flags("cart"))
        _ = try await control.run("deployment", "record", "checkout", "1.4.1")
        _ = try await control.run("deployment", "record", "checkout", "1.4.2")
        _ = try await control.run("deployment", "verify", "checkout", "1.4.2", "--passed")
        let agent = try await agent("web-1", "1.4.2", cluster)
        func states() async throws -> [String: String] {
            let result = try await control.run("status")
            #expect(result.code == 0, "\(result)")
            let rows = result.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
            return Dictionary(rows.map { ("\($0[0]) \($0[1])", $0[2]) }) { $1 }
        }
        #expect(
            try await states() == [
                "checkout 1.4.1": "released", "checkout 1.4.2": "deployed, not yet released",
            ])
        let plan = try cluster.directory.write(
            "plan.json",
            #"""
            {"name": "autumn", "stages": [{"percentage": 10}], "changes": [
              {"flag": "cart", "variant": "on"}, {"component": "checkout", "version": "1.4.2"}]}
            """#)
        let created = try await control.run("release", "create", plan)
        #expect(created.code == 0, "\(created)")
        try await eventually("the release is started") { sighting in
            let started = try await control.run("release", "start", "autumn")
            sighting.note(started)
            return started.code == 0
        }
        let releasing = try await states()
        #expect(
            releasing["checkout 1.4.2"] == "being released" && releasing["cart on"] == "being released", "\(releasing)")
        let launched = try await control.run("release", "launch", "autumn")
        #expect(launched.code == 0, "\(launched)")
        let released = try await states()
        #expect(released["checkout 1.4.2"] == "released" && released["checkout 1.4.1"] == "dormant", "\(released)")
        try await agent.stop()
    }
}
