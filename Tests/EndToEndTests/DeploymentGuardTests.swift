import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Nothing is released to code that isn't there.
@Suite("Deployments and releases", .gently)
struct DeploymentGuardTests {
    private static let flag = "new-cart"
    private static let releases = "/v1/environments/production/releases"

    private let cluster: Cluster
    private var control: ControlProcess { cluster.control }

    init() async throws { cluster = try await Cluster(agents: 0) }

    private func agent(_ name: String, _ service: String, _ version: String) -> AgentProcess {
        AgentProcess(
            name, in: cluster.directory.path, of: control,
            options: ["--service", service, "--service-version", version])
    }

    private func release() throws -> JSONValue { try control.ask("GET", Self.releases + "/autumn") }

    private func reaches(_ state: String) async throws {
        try await eventually("the release is \(state)", every: .milliseconds(5)) { sighting in
            let release = try release()
            sighting.note("\(release["state"] ?? .null) \(release["waitingFor"] ?? .null)")
            return release["state"] == .string(state)
        }
    }

    private func green() async throws {
        try await eventually("the gate is green") { sighting in
            let gate = try release()["gate"]
            sighting.note(gate ?? .null)
            return gate?["verdict"] == "green"
        }
    }

    /// Runs a command that must be done.
    private func done(_ words: String...) async throws {
        let result = try await Pilotlight.run(words + ["--control-url", control.url])
        guard result.code == 0 else { throw HarnessError("\(words): \(result)") }
    }

    /// Starts an agent of an old version, looks up at it from its first moment on, and waits until the release is held.
    /// - Returns: how long after the agent's first report.
    private func join(_ old: AgentProcess) async throws -> (held: Duration, guarded: DeploymentGuardWatch) {
        let watch = DeploymentGuardWatch(old.socket, flag: Self.flag)
        let earlier = reports(of: old.name).count
        try old.launch()
        try await reaches("held")
        let first = try #require(reports(of: old.name).dropFirst(earlier).first)
        let held = try #require(try release()["history"]?.arrayValue?.last?["at"]?.stringValue.flatMap(Self.moment))
        try await old.ready()
        try await cluster.converged()
        try await eventually("it was asked often enough") { sighting in
            sighting.note(watch.lookups)
            return watch.lookups > 100
        }
        return (held - first, watch)
    }

    /// When control heard of an agent that it hadn't heard of, or not for long, as its log has it.
    private func reports(of agent: String) -> [Duration] {
        control.logText.split(separator: "\n").filter { line in
            [": agent joined ", ": agent is back "].contains { line.contains($0) } && line.contains(" name=\(agent)")
        }.compactMap { line in line.split(separator: " ").first.flatMap { Self.moment(String($0)) } }
    }

    /// Since 1970, of RFC 3339 with milliseconds.
    private static func moment(_ text: String) -> Duration? {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return format.date(from: text).map { .milliseconds(Int64(($0.timeIntervalSince1970 * 1_000).rounded())) }
    }

    @Test("a service with one old agent gets no release; an old agent that joins never gives it, and holds it")
    func knight() async throws {
        var shops = (0..<8).map { agent("shop-\($0)", "checkout", $0 == 3 ? "1.9.0" : "2.0.0") }
        for shop in shops { try shop.launch() }
        for shop in shops { try await shop.ready() }
        try control.apply(Fixture.flags(Self.flag))
        try control.ask(
            "POST", Self.releases,
            [
                "name": "autumn", "changes": [["flag": .string(Self.flag), "variant": "on"]],
                "requires": ["everywhere: checkout >= 2.0.0"], "stages": [["name": "everyone", "percentage": 100]],
            ])
        try await cluster.converged(agents: 8)
        let refused = try await cluster.refused("release", "start", "autumn")
        #expect(refused.contains("shop-3 (1.9.0)") && !refused.contains("shop-2"), "\(refused)")
        #expect(try variants(shops) == Set(["off"]))

        try await shops[3].stop()
        shops[3] = agent("shop-3", "checkout", "2.0.0")
        try await shops[3].start()
        try await green()
        try await done("release", "start", "autumn")
        try await cluster.converged(agents: 8)
        #expect(try variants(shops) == Set(["on"]))

        // A machine that the pipeline forgot.
        let late = agent("late", "checkout", "1.9.0")
        let joined = try await join(late)
        #expect(joined.guarded.stop() == ["off"], "from its first answer on")
        let why = try release()["history"]?.arrayValue?.last
        #expect(
            why?["trigger"] == "turned-red" && why?.compactText().contains("late (1.9.0)") == true, "\(why ?? .null)")
        #expect(try variants(shops) == Set(["on"]), "held keeps what users have")
        let resumed = try await cluster.refused("release", "resume", "autumn")
        #expect(resumed.contains("late"), "\(resumed)")
        try await late.stop()
        try await green()
        try await done("release", "resume", "autumn")

        // One that goes back to the old version, and starts from a cache that holds the release.
        try await shops[5].stop()
        shops[5] = agent("shop-5", "checkout", "1.9.0")
        let back = try await join(shops[5])
        #expect(back.guarded.stop() == ["off"], "from its first answer on, which came from its cache")
        print("held \(joined.held) and \(back.held) after the old agent's first report")
        var rounds = [joined.held, back.held]
        let best = try await quickest(below: .seconds(1)) {
            if !rounds.isEmpty { return rounds.removeFirst() }
            try await shops[5].stop()
            try await green()
            try await done("release", "resume", "autumn")
            let again = try await join(shops[5])
            #expect(again.guarded.stop() == ["off"])
            return again.held
        }
        #expect(best < .seconds(1) * Patience.factor)

        // Also after the launch, for which the old one is out of the way.
        try await shops[5].stop()
        try await green()
        try await done("release", "resume", "autumn")
        try await done("release", "launch", "autumn")
        let watch = DeploymentGuardWatch(shops[5].socket, flag: Self.flag)
        try await shops[5].start()
        try await cluster.converged(agents: 8)
        #expect(try shops[0].connect().lookup(Self.flag).variant == "on")
        #expect(try shops[5].connect().lookup(Self.flag).variant == "off")
        #expect(watch.stop() == ["off"])
    }

    private func variants(_ agents: [AgentProcess]) throws -> Set<String?> {
        Set(try agents.map { try $0.connect().lookup(Self.flag, targetingKey: "ann").variant })
    }

    @Test(
        "an old version that starts from a cache with the release in it answers as before by every protocol, control being gone"
    )
    func fromTheCache() async throws {
        let new = agent("shop", "checkout", "2.0.0")
        try await new.start()
        try control.apply(
            """
            {"flags": {"new-cart": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}},
             "components": {"checkout": {"versions": {"1.9.0": {"upstream": "blue"}, "2.0.0": {"upstream": "green"}},
              "defaultVersion": "1.9.0"}}}
            """)
        try await done("deployment", "record", "checkout", "2.0.0")
        try await done("deployment", "verify", "checkout", "2.0.0", "--passed")
        try control.ask(
            "POST", Self.releases,
            [
                "name": "autumn",
                "changes": [
                    ["flag": .string(Self.flag), "variant": "on"], ["component": "checkout", "version": "2.0.0"],
                ],
                "requires": ["everywhere: checkout >= 2.0.0"], "stages": [["name": "everyone", "percentage": 100]],
            ])
        try await green()
        try await done("release", "start", "autumn")
        try await cluster.converged(agents: 1)
        #expect(try Self.answers(of: new) == ["on", "on", "on", "2.0.0", "green"])
        try await new.stop()
        control.kill()

        for (version, expected) in [
            ("1.9.0", ["off", "off", "off", "1.9.0", "blue"]), ("2.0.0", ["on", "on", "on", "2.0.0", "green"]),
        ] {
            let again = agent("shop", "checkout", version)
            let watch = DeploymentGuardWatch(again.socket, flag: Self.flag)
            try await again.start()
            #expect(try Self.answers(of: again) == expected, "\(version)")
            #expect(watch.stop() == [expected[0]], "\(version)")
            try await again.stop()
        }
    }

    /// By OFREP one by one and all at once, by the binary protocol, and for load balancers.
    private static func answers(of agent: AgentProcess) throws -> [String?] {
        let context: JSONValue = ["targetingKey": "ann"]
        let one = try agent.ofrep(flag, context: context).json["variant"]?.stringValue
        let all = try agent.askBulk(context: context)[flag]?.variant
        let connection = try agent.connect()
        let route = try agent.http("GET", "/route/checkout?header=user", headers: ["user": "ann"])
        return [
            one, all, try connection.lookup(flag, targetingKey: "ann").variant,
            try connection.lookup(Crowd.key(of: "checkout"), targetingKey: "ann").variant,
            route.headers["pilotlight-upstream"],
        ]
    }

    @Test("blue beside green doesn't hold what requires green to be present; too few of green do")
    func blueBesideGreen() async throws {
        let blue = (0..<2).map { agent("blue-\($0)", "checkout", "1.9.0") }
        let green = (0..<2).map { agent("green-\($0)", "checkout", "2.0.0") }
        let edge = agent("edge", "edge", "7.1.0")
        for agent in blue + green + [edge] { try agent.launch() }
        for agent in blue + green + [edge] { try await agent.ready() }
        try control.apply(
            """
            {"components": {"checkout": {"versions": {"1.9.0": {"upstream": "blue"}, "2.0.0": {"upstream": "green"}},
              "defaultVersion": "1.9.0"}}}
            """)
        try control.ask(
            "POST", Self.releases,
            [
                "name": "autumn", "changes": [["component": "checkout", "version": "2.0.0"]],
                "requires": ["present: checkout 2.0.0, at least 2 verified"],
                "stages": [["name": "everyone", "percentage": 100]],
            ])
        let unverified = try await cluster.refused("release", "start", "autumn")
        #expect(unverified.contains("green-0") && unverified.contains("green-1"), "\(unverified)")
        #expect(!unverified.contains("blue-"), "\(unverified)")
        try await done("deployment", "record", "checkout", "2.0.0", "--upstream", "green")
        try await done("deployment", "verify", "checkout", "2.0.0", "--passed")
        try await done("release", "start", "autumn")
        try await cluster.converged(agents: 5)

        let before = try blue.map { try $0.metric("pilotlight_link_reports_total") }
        try await eventually("the blue agents have reported often enough") { _ in
            try zip(blue, before).allSatisfy { try $0.metric("pilotlight_link_reports_total") >= $1 + 3 }
        }
        #expect(try release()["state"] == "running")
        func upstream(_ agent: AgentProcess) throws -> String? {
            try agent.http("GET", "/route/checkout?header=user", headers: ["user": "ann"]).headers[
                "pilotlight-upstream"]
        }
        #expect(try upstream(edge) == "green" && upstream(green[0]) == "green")
        #expect(try upstream(blue[0]) == "blue", "an agent beside the old version gives nobody the new one")

        try await green[1].stop()
        try await reaches("held")
        let why = try release()["history"]?.arrayValue?.last?.compactText() ?? ""
        #expect(why.contains("2.0.0") && !why.contains("blue-"), "\(why)")
        #expect(try upstream(edge) == "green", "held keeps what users have")
    }
}
