import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// The agent without its control node.
@Suite("Offline", .gently)
struct OfflineTests {
    @Test("an agent with a cache starts and answers with no control node, and says how stale it is")
    func fromTheCache() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try cluster.control.apply(Fixture.flags("kept", variant: "on"))
        try await cluster.converged()
        try await eventually("it is fresh") { _ in try !agent.stamp().isStale }

        cluster.control.kill()
        #expect(try agent.connect().lookup("kept").value == .bool(true), "right after control's death")
        try await eventually("the agent calls itself stale") { _ in try agent.stamp().isStale }
        let before = try agent.connect().lookup("kept")
        #expect(before.value == .bool(true) && before.stamp.stalenessMilliseconds ?? 0 > 1_000)

        agent.kill()
        try await agent.start()
        let answer = try agent.connect().lookup("kept")
        #expect(answer.value == .bool(true) && answer.stamp.isReady && answer.stamp.number == 1)
        #expect(answer.stamp.isStale && answer.stamp.stalenessMilliseconds == nil, "no heartbeat since it started")
        #expect(try agent.askOFREP(Case(flag: "kept", context: [:], type: "boolean")).value == .bool(true))

        try await cluster.control.start()
        try await eventually("fresh again") { _ in try !agent.stamp().isStale }
        try cluster.control.apply(Fixture.flags("kept", variant: "off"))
        try await cluster.converged()
        #expect(try agent.connect().lookup("kept").value == .bool(false))
    }

    @Test("an agent that never had confirmed state says PROVIDER_NOT_READY at once")
    func neverReady() async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(data: directory.path("control"))
        let agent = AgentProcess("alone", in: directory.path, of: control)
        try agent.launch()
        try await agent.answering()
        let answer = try agent.connect().lookup("anything")
        #expect(answer.error?.name == "PROVIDER_NOT_READY" && answer.reason.name == "ERROR")
        #expect(!answer.stamp.isReady && answer.stamp.number == 0)
        #expect(try agent.ofrep("anything").json["errorCode"]?.stringValue == "PROVIDER_NOT_READY")
        #expect(try agent.http("GET", "/readyz").status == 503)
        let best = try await quickest(below: .seconds(1)) {
            let start = ContinuousClock.now
            let looked = try agent.connect().lookup("anything")
            let asked = try agent.ofrep("anything")
            let took = ContinuousClock.now - start
            #expect(looked.error?.name == "PROVIDER_NOT_READY")
            #expect(asked.json["errorCode"]?.stringValue == "PROVIDER_NOT_READY")
            return took
        }
        #expect(best < .seconds(1) * Patience.factor, "lookups never wait for the network, not even for a while")
        let lookup = try await Pilotlight.run(["lookup", "anything", "--socket", agent.socket])
        #expect(lookup.code == 1 && lookup.errors.contains("PROVIDER_NOT_READY"), "\(lookup)")

        // Ready means: holds confirmed state, the empty one included.
        try await control.start()
        try await agent.ready()
        #expect(try agent.connect().lookup("anything").error?.name == "FLAG_NOT_FOUND")
    }

    @Test("a damaged cache is recognised, set aside with a log line, and rebuilt", arguments: Damage.allCases)
    func damagedCache(_ damage: Damage) async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        for round in 0..<5 { try cluster.control.apply(Fixture.flags("flag-\(round)", "common", variant: "on")) }
        try await cluster.converged()
        try await agent.stop()
        cluster.control.kill()

        let cache = try Damage.cache(of: agent.data)
        try damage.harm(cache)
        try agent.launch()
        try await agent.answering()
        #expect(try agent.connect().lookup("common").error?.name == "PROVIDER_NOT_READY", "never guessed at")
        #expect(agent.logText.contains("set the cache aside"), "\(agent.logText)")
        let names = try FileManager.default.contentsOfDirectory(atPath: agent.data)
        #expect(names.count > 2, "the damaged file is still there to be looked at: \(names)")

        try await cluster.control.start()
        try await cluster.converged()
        #expect(try agent.connect().lookup("common").value == .bool(true))
    }

    enum Damage: String, CaseIterable, CustomTestStringConvertible {
        case flippedBits, truncated, noDatabase

        var testDescription: String { rawValue }

        static func cache(of data: String) throws -> String {
            let names = try FileManager.default.contentsOfDirectory(atPath: data)
            guard let name = names.first(where: { $0.hasSuffix(".sqlite") }) else {
                throw HarnessError("no cache among \(names)")
            }
            return data + "/" + name
        }

        func harm(_ path: String) throws {
            var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            switch self {
            case .flippedBits:
                // In the stored definitions, where SQLite itself notices nothing.
                let needle = Array("\"defaultVariant\":\"on\"".utf8)
                var hit = false
                var index = 0
                while index + needle.count <= bytes.count {
                    if bytes[index] == needle[0], Array(bytes[index..<index + needle.count]) == needle {
                        bytes[index + needle.count - 2] ^= 1
                        hit = true
                        index += needle.count
                    } else {
                        index += 1
                    }
                }
                if !hit { throw HarnessError("no definition found in the cache of \(bytes.count) bytes") }
            case .truncated: bytes.removeLast(bytes.count / 2)
            case .noDatabase: bytes = Array("this was a cache once".utf8)
            }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
    }

    @Test("a cache of another environment is foreign: set aside")
    func foreignCache() async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.ask("POST", "/v1/environments", .object(["name": "staging"]))
        try cluster.control.apply(Fixture.flags("secret", variant: "on"))
        try await cluster.converged()
        try await cluster.agents[0].stop()
        let other = AgentProcess(
            "agent-0", in: cluster.directory.path, of: cluster.control, environment: "staging")
        try await other.start()
        #expect(try other.connect().lookup("secret").error?.name == "FLAG_NOT_FOUND")
        #expect(other.logText.contains("set the cache aside"))
        #expect(try other.connect().ping().number == 0)
    }
}
