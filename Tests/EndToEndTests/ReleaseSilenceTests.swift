import Harness
import JSON
import Testing

/// What becomes of a release whose agents aren't heard any more, after as long as in production.
@Suite("Silence and releases", .gently)
struct ReleaseSilenceTests {
    private static let releases = "/v1/environments/production/releases"

    @Test("a running release is held, and not rolled back, when the agent that it needs is killed")
    func killed() async throws {
        let cluster = try await Cluster(agents: 0, controlVariables: ControlProcess.soonSilent)
        let control = cluster.control
        let shop = AgentProcess(
            "shop", in: cluster.directory.path, of: control,
            options: ["--service", "checkout", "--service-version", "2.0.0"])
        try await shop.start()
        try control.apply(Fixture.flags("new-cart"))
        for words in [["record", "checkout", "2.0.0"], ["verify", "checkout", "2.0.0", "--passed"]] {
            let done = try await Pilotlight.run(["deployment"] + words + ["--control-url", control.url])
            #expect(done.code == 0, "\(done)")
        }
        try control.ask(
            "POST", Self.releases,
            [
                "name": "autumn", "changes": [["flag": "new-cart", "variant": "on"]], "onRed": "rollback",
                "requires": ["present: checkout 2.0.0, at least 1 verified"],
                "stages": [["name": "everyone", "percentage": 100]],
            ])
        // A machine that is overrun lets the agent be silent before its time: then it is started, or goes on, a little later.
        try await eventually("it runs") { sighting in
            let release = try control.ask("GET", Self.releases + "/autumn")
            sighting.note("\(release)")
            if release["state"] == "running" { return true }
            _ = try control.request(
                "POST", Self.releases + "/autumn/" + (release["state"] == "held" ? "resume" : "start"))
            return false
        }

        shop.kill()
        let held = try await awaited("it is held, by silence") { sighting in
            let release = try control.ask("GET", Self.releases + "/autumn")
            sighting.note("\(release)")
            return release["state"] == "held" && release["gate"]?["bySilence"] == true ? release : nil
        }
        let last = held["history"]?.arrayValue?.last
        #expect(last?["trigger"] == "turned-red" && last?["actor"] == "pilotlight", "\(held)")
        #expect(last?.compactText().contains("shop (silent)") == true, "\(held)")
        #expect(try control.fleet().agent("shop")?.state == "silent")
    }
}
