import Foundation
import Harness
import JSON
import Testing

/// `pilotlight explain … --at`.
@Suite("Explaining the past", .gently)
struct ExplainAtCommandTests {
    private static let plan = """
        {"name": "summer", "changes": [{"flag": "sale", "variant": "on"}],
         "requires": ["present: shop 2.0.0, at least 1"], "stages": [{"name": "everyone", "percentage": 100}]}
        """

    private static func explained(
        _ words: String..., of cluster: Cluster, as version: String = "2.0.0"
    ) async throws -> JSONValue {
        let asked = [
            "explain", "sale", "--targeting-key", "ann", "--service", "shop", "--service-version", version, "--json",
        ]
        let result = try await Pilotlight.run(asked + words + ["--control-url", cluster.control.url])
        guard result.code == 0 else { throw HarnessError("\(words): \(result)") }
        return result.json
    }

    @Test("by revision, with its epoch, by a moment; at another time, and as another version of the service")
    func moments() async throws {
        let cluster = try await Cluster(agents: 1, options: ["--service", "shop", "--service-version", "2.0.0"])
        try await cluster.apply(Fixture.flags("sale"))
        let first = try cluster.control.environmentState().number
        try await cluster.done("deployment", "record", "shop", "2.0.0")
        try await cluster.done("deployment", "verify", "shop", "2.0.0", "--passed")
        try await cluster.done("release", "create", try cluster.directory.write("summer.json", Self.plan))
        try await cluster.done("release", "start", "summer", "--opens", "+1h")
        try await eventually("the release is armed") { sighting in
            let shown = try await cluster.control.run("release", "show", "summer", "--json")
            sighting.note(shown)
            return shown.json["state"] == "armed"
        }
        let armed = try cluster.control.environmentState()
        try await cluster.done("flag", "kill", "sale", "--to", "on")
        let last = try cluster.control.environmentState().number

        let then = try await Self.explained("--at", "\(first)", of: cluster)
        #expect(then["variant"] == "off" && then["reason"] == "STATIC", "\(then.compactText())")
        #expect(then["at"]?["revision"]?["number"]?.integerValue == first)
        #expect(then["revision"] == then["at"]?["revision"], "\(then.compactText())")
        let withEpoch = try await Self.explained("--at", "\(armed.epochCounter)/\(first)", of: cluster)
        #expect(withEpoch == then)

        // Armed it isn't open yet; a little more than an hour later it is, for who has the version.
        let before = try await Self.explained("--at", "\(armed.number)", of: cluster)
        #expect(before["variant"] == "off", "\(before.compactText())")
        for (time, version, variant) in [("+30m", "2.0.0", "off"), ("+61m", "2.0.0", "on"), ("+61m", "1.0.0", "off")] {
            let answer = try await Self.explained("--at", "\(armed.number)", "--time", time, of: cluster, as: version)
            #expect(answer["variant"]?.stringValue == variant, "\(time) \(version): \(answer.compactText())")
        }
        let words = try await cluster.control.run(
            "explain", "sale", "--targeting-key", "ann", "--at", "\(armed.number)", "--time", "+61m", "--service",
            "shop",
            "--service-version", "1.0.0")
        #expect(words.output.contains("requires shop = 2.0.0: false  this agent runs 1.0.0"), "\(words)")

        // What stood at a moment is the newest revision by then.
        let published = try #require(then["at"]?["published"]?.stringValue)
        let byTime = try await Self.explained("--at", published, of: cluster)
        let number = byTime["at"]?["revision"]?["number"]?.integerValue ?? -1
        #expect((first...armed.number).contains(number), "\(byTime.compactText())")
        let killed = try await Self.explained("--at", "\(last)", of: cluster)
        let newest = try await Self.explained(
            "--at", try #require(killed["at"]?["published"]?.stringValue), of: cluster)
        #expect(newest == killed && newest["variant"] == "on", "\(newest.compactText())")
    }

    @Test(
        "refused: a revision or a moment to come, one no longer kept, a moment before the beginning, another epoch"
    )
    func refusals() async throws {
        let cluster = try await Cluster(agents: 0, controlVariables: ["PILOTLIGHT_HISTORY_KEEP": "5"])
        for index in 0..<20 {
            try cluster.control.apply(Fixture.flags("sale", variant: index.isMultiple(of: 2) ? "on" : "off"))
        }
        func refusal(_ at: String) async throws -> String {
            let result = try await cluster.control.run("explain", "sale", "--targeting-key", "ann", "--at", at)
            #expect(result.code == 1, "\(result)")
            return result.errors
        }
        // What is no longer kept goes at the start, and then once a minute.
        try await cluster.control.stop()
        try await cluster.control.start()
        let oldest = try await awaited("old history is gone") { sighting in
            let result = try await cluster.control.run("explain", "sale", "--targeting-key", "ann", "--at", "1")
            sighting.note(result)
            return result.code == 1 ? result.errors : nil
        }
        let number = try #require(oldest.firstMatch(of: /goes back to revision (\d+); 1 is older/)?.1, "\(oldest)")
        #expect(oldest.contains("HTTP 410"), "\(oldest)")
        #expect(try await cluster.control.run("explain", "sale", "--at", "\(number)").code == 0)
        let moment = try await refusal("2001-01-01T00:00:00Z")
        #expect(moment.contains("goes back to revision \(number)"), "\(moment)")
        #expect(try await refusal("100000").contains("there is no 100000 yet"))
        let future = try await refusal("2100-01-01T00:00:00Z")
        #expect(future.contains("\"at\" is 2100-01-01T00:00:00.000Z, and it is 20"), "\(future)")
        #expect(try await refusal("7/\(number)").contains("epoch"))
        let flag = try await cluster.control.run("explain", "late", "--at", "\(number)")
        #expect(flag.code == 1 && flag.errors.contains("there was no flag \"late\" at revision \(number)"), "\(flag)")
    }
}
