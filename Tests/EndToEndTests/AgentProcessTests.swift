import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// The agent as a process among others.
@Suite("Agent's process", .gently)
struct AgentProcessTests {
    @Test("a second agent on one data directory is refused")
    func oneDirectory() async throws {
        let cluster = try await Cluster(agents: 1)
        let first = cluster.agents[0]
        let second = try await Pilotlight.run([
            "agent", "--control", "127.0.0.1", "--data", first.data, "--socket", cluster.directory.path("second.sock"),
            "--publish-port", "\(cluster.control.publishPort)", "--sync-port", "\(cluster.control.syncPort)",
        ])
        #expect(second.code == 1 && second.errors.contains(first.data), "\(second)")
        #expect(try first.http("GET", "/readyz").status == 200, "the first goes on")
    }

    @Test("a live socket is refused, a stale one is replaced")
    func sockets() async throws {
        let cluster = try await Cluster(agents: 1)
        let first = cluster.agents[0]
        let second = try await Pilotlight.run([
            "agent", "--control", "127.0.0.1", "--data", cluster.directory.path("other"), "--socket", first.socket,
            "--publish-port", "\(cluster.control.publishPort)", "--sync-port", "\(cluster.control.syncPort)",
        ])
        #expect(second.code == 1 && second.errors.contains(first.socket), "\(second)")
        #expect(try first.http("GET", "/readyz").status == 200, "its socket is still its own")

        first.kill()
        #expect(FileManager.default.fileExists(atPath: first.socket), "kill -9 leaves the socket's file")
        try await first.start()
        try await first.stop()
        #expect(!FileManager.default.fileExists(atPath: first.socket), "a graceful stop takes it away")

        // What is no socket is nobody's to replace.
        _ = try cluster.directory.write("agent-0.sock", "a file of somebody's")
        try first.launch()
        #expect(try await first.process?.exit() == .exited(1))
        #expect(first.logText.contains(first.socket))
    }

    @Test("the socket has the mode that was asked for")
    func mode() async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(data: directory.path("control"))
        try await control.start()
        for (option, expected) in [(nil, 0o660), ("0600", 0o600)] as [(String?, Int)] {
            let agent = AgentProcess(
                "agent-\(expected)", in: directory.path, of: control,
                options: option.map { ["--socket-mode", $0] } ?? [])
            try await agent.start()
            let attributes = try FileManager.default.attributesOfItem(atPath: agent.socket)
            #expect((attributes[.posixPermissions] as? Int) == expected)
        }
    }

    @Test("health, readiness and metrics on the probe port, OFREP on its own port")
    func ports() async throws {
        let (probe, ofrep) = (try FreePort.next(), try FreePort.next())
        let cluster = try await Cluster(agents: 1, options: ["--probe-port", "\(probe)", "--ofrep-port", "\(ofrep)"])
        try cluster.control.apply(Fixture.flags("f", variant: "on"))
        try await cluster.converged()
        for path in ["/healthz", "/readyz", "/metrics"] {
            #expect(try HTTPConnection.request(.tcp(probe), "GET", path).status == 200, "\(path)")
        }
        let answer = try HTTPConnection.request(
            .tcp(ofrep), "POST", "/ofrep/v1/evaluate/flags/f", body: Array("{}".utf8))
        #expect(answer.status == 200 && answer.json["value"] == true, "\(answer.text)")
        let page = try HTTPConnection.request(.tcp(probe), "GET", "/metrics").text
        #expect(page.contains("# TYPE") && page.contains("revision"), "\(page)")
    }

    @Test("two agents with one id are reported")
    func duplicateID() async throws {
        let cluster = try await Cluster(agents: 1)
        let original = cluster.agents[0]
        try cluster.control.apply(Fixture.flags("f"))
        try await cluster.converged()
        try TemporaryDirectory.copy(original.data, to: cluster.directory.path("copy"))
        let copy = AgentProcess("copy", in: cluster.directory.path, of: cluster.control)
        try copy.launch()
        try await copy.answering()
        try await eventually("the fleet shows two with one id") { sighting in
            let fleet = try cluster.control.fleet()
            sighting.note(fleet.json.compactText())
            return fleet.agents.contains(where: \.isDuplicate)
        }
    }

    @Test("a graceful stop says goodbye: the agent is gone at once")
    func goodbye() async throws {
        let cluster = try await Cluster(agents: 2)
        try cluster.control.apply(Fixture.flags("f"))
        try await cluster.converged()
        #expect(try await cluster.agents[0].stop() == .exited(0))
        try await eventually("agent-0 is gone") { sighting in
            let state = try cluster.control.fleet().agent("agent-0")?.state
            sighting.note(state ?? "none")
            return state == "gone"
        }
        try await cluster.agents[0].start()
        try await eventually("agent-0 is back") { _ in try cluster.control.fleet().agent("agent-0")?.state == "live" }
    }
}
