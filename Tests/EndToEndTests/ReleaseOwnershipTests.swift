import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// While a release is armed, runs or is held, what it changes is its own.
@Suite("A release's ownership", .gently)
struct ReleaseOwnershipTests {
    private static func document(_ changes: (String, String)...) -> String {
        let text = """
            {"flags": {
              "sale": {"state": "ENABLED", "variants": {"on": true, "off": false, "more": false},
               "defaultVariant": "off"},
              "other": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}},
             "components": {"shop": {"versions": {"1.0.0": {}, "2.0.0": {}, "3.0.0": {}}, "defaultVersion": "1.0.0"}},
             "pilots": {"staff": {"members": ["ann"]}, "beta": {"members": ["ben"]}}}
            """
        return changes.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    /// The end of the document's flags, the other flag switched on.
    private static let switchedOn = #"{"on": true, "off": false}, "defaultVariant": "on"}}"#

    private static let plan = """
        {"name": "summer", "changes": [{"flag": "sale", "variant": "on"}, {"component": "shop", "version": "2.0.0"}],
         "stages": [{"name": "staff", "pilots": ["staff"]}, {"name": "half", "percentage": 50}]}
        """

    /// A release at its first stage.
    private static func begin() async throws -> Cluster {
        let cluster = try await Cluster(agents: 1, options: ["--service", "shop", "--service-version", "2.0.0"])
        let file = try cluster.directory.write("main.json", document())
        try await cluster.done("apply", file, "--set", "main")
        try await cluster.done("deployment", "record", "shop", "2.0.0")
        try await cluster.done("deployment", "verify", "shop", "2.0.0", "--passed")
        try await cluster.done("release", "create", try cluster.directory.write("summer.json", plan))
        try await cluster.done("release", "start", "summer")
        return cluster
    }

    private static func state(_ cluster: Cluster) async throws -> String {
        try await cluster.control.run("release", "show", "summer", "--json").json["state"]?.stringValue ?? ""
    }

    /// Each is refused by name, and nothing moves.
    private static func expectOwned(_ cluster: Cluster, _ commands: [[String]]) async throws {
        let before = try cluster.control.environmentState()
        for words in commands {
            let result = try await Pilotlight.run(words + ["--control-url", cluster.control.url])
            #expect(result.code == 1 && result.errors.contains("\"summer\""), "\(words): \(result)")
            #expect(result.errors.contains("`pilotlight release show summer`"), "\(words): \(result)")
        }
        let after = try cluster.control.environmentState()
        #expect(after.number == before.number && after.digest == before.digest)
    }

    private static let direct = [
        ["flag", "default", "sale", "more"], ["flag", "ramp", "sale", "--variant", "on", "--percent", "1"],
        ["flag", "disable", "sale"], ["flag", "delete", "sale", "--yes"],
        ["component", "default", "shop", "2.0.0"], ["component", "split", "shop", "2.0.0=10"],
        ["component", "ramp", "shop", "--version", "2.0.0", "--percent", "10"],
        ["component", "pilot", "shop", "beta=2.0.0"], ["component", "add-version", "shop", "4.0.0"],
        ["component", "retire-version", "shop", "3.0.0"], ["component", "delete", "shop", "--yes"],
    ]

    @Test("commands, documents, prune, roll back and promote are refused, and name the release")
    func refused() async throws {
        let cluster = try await Self.begin()
        let directory = cluster.directory
        let more = try directory.write("more.json", Self.document((#""more": false"#, #""more": true"#)))
        let moved = try directory.write(
            "moved.json", #"{"components": {"shop": {"versions": {"1.0.0": {}}, "defaultVersion": "1.0.0"}}}"#)
        let less = try directory.write(
            "less.json",
            """
            {"flags": {"other": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}
            """
        )
        // As it was before the document: without the flags. And another environment, where the flag differs.
        try await cluster.done("environment", "create", "staging")
        let elsewhere = try directory.write(
            "staging.json", Self.document((#""defaultVariant": "off""#, #""defaultVariant": "on""#)))
        try await cluster.control.run("apply", elsewhere, "--environment", "staging").expectSuccess()
        let commands =
            Self.direct + [
                ["apply", more], ["apply", more, "--set", "main", "--prune", "--yes"], ["apply", moved],
                ["apply", less, "--set", "main", "--prune", "--yes"], ["rollback", "0"],
                ["environment", "promote", "staging", "production"],
                ["environment", "promote", "staging", "production", "sale"],
            ]
        try await Self.expectOwned(cluster, commands)
        try await cluster.done("release", "hold", "summer")
        try await Self.expectOwned(cluster, commands)
        // Groups that a stage gives it to.
        let pilots = try await cluster.refused("pilot", "delete", "staff", "--yes")
        #expect(pilots.contains("summer"), "\(pilots)")
        // Another release of the same waits for this one.
        let second = try directory.write("autumn.json", Self.plan.replacingOccurrences(of: "summer", with: "autumn"))
        try await cluster.done("release", "create", second)
        let other = try await cluster.refused("release", "start", "autumn")
        #expect(other.contains("summer"), "\(other)")
        // All of it was in the release's way alone.
        try await cluster.done("release", "rollback", "summer")
        try await cluster.done("apply", more)
        try await cluster.done("component", "add-version", "shop", "4.0.0")
        try await cluster.done("flag", "delete", "sale", "--yes")
    }

    @Test("an armed release owns as a running one does; a draft and a scheduled one own nothing")
    func armed() async throws {
        let cluster = try await Self.begin()
        try await cluster.done("release", "rollback", "summer")
        let plan = try cluster.directory.write("w.json", Self.plan.replacingOccurrences(of: "summer", with: "winter"))
        try await cluster.done("release", "create", plan)
        for variant in ["more", "off"] { try await cluster.done("flag", "default", "sale", variant) }
        try await cluster.done("release", "start", "winter", "--opens", "+1h")
        try await eventually("the release is armed") { sighting in
            let shown = try await cluster.control.run("release", "show", "winter", "--json")
            sighting.note(shown)
            return shown.json["state"] == "armed"
        }
        for words in Self.direct {
            let result = try await Pilotlight.run(words + ["--control-url", cluster.control.url])
            #expect(result.code == 1 && result.errors.contains("\"winter\""), "\(words): \(result)")
        }
        try await cluster.done("release", "cancel", "winter")
        try await cluster.done("flag", "default", "sale", "more")
    }

    @Test(
        "a kill passes and holds it, unkill passes; so do members of its groups, and documents that leave it as it is"
    )
    func passes() async throws {
        let cluster = try await Self.begin()
        let agent = cluster.agents[0]
        let file = cluster.directory.path("main.json")
        let same = try await cluster.done("apply", file, "--set", "main", "--prune", "--yes")
        #expect(same.output.contains("no change") || same.output.contains("nothing to change"), "\(same)")
        let other = try cluster.directory.write(
            "other.json", Self.document((#"{"on": true, "off": false}, "defaultVariant": "off"}}"#, Self.switchedOn)))
        try await cluster.done("apply", other)
        try await cluster.done("flag", "default", "other", "off")
        #expect(try agent.connect().lookup("sale", targetingKey: "cleo").variant == "off")
        try await cluster.done("pilot", "add", "staff", "cleo")
        #expect(try agent.connect().lookup("sale", targetingKey: "cleo").variant == "on")
        try await cluster.done("pilot", "remove", "staff", "cleo")
        #expect(try agent.connect().lookup("sale", targetingKey: "cleo").variant == "off")
        #expect(try await Self.state(cluster) == "running")

        let killed = try await cluster.done("flag", "kill", "sale", "--message", "orders fail")
        #expect(killed.output.contains("summer"), "\(killed)")
        #expect(try await Self.state(cluster) == "held")
        #expect(try agent.connect().lookup("sale", targetingKey: "ann").variant == "off")
        // The other subject keeps its stage.
        #expect(try agent.connect().lookup(Crowd.key(of: "shop"), targetingKey: "ann").variant == "2.0.0")
        let refused = try await cluster.refused("release", "resume", "summer")
        #expect(refused.contains("sale") && refused.contains("kill"), "\(refused)")
        try await cluster.done("component", "kill", "shop")
        #expect(try agent.connect().lookup(Crowd.key(of: "shop"), targetingKey: "ann").variant == "1.0.0")
        try await cluster.done("component", "unkill", "shop")
        try await cluster.done("flag", "unkill", "sale")
        #expect(try agent.connect().lookup("sale", targetingKey: "ann").variant == "on")
        #expect(try await Self.state(cluster) == "held")
        try await cluster.done("release", "resume", "summer")
        #expect(try await Self.state(cluster) == "running")
        let shown = try await cluster.control.run("release", "show", "summer")
        #expect(shown.output.contains("orders fail"), "\(shown)")
    }
}

extension CommandResult {
    fileprivate func expectSuccess() throws {
        guard code == 0 else { throw HarnessError("\(self)") }
    }
}
