import Flags
import Harness
import JSON
import Testing

/// A launched release goes on requiring what it required: older agents answer as before it.
@Suite struct ReleaseFloorTests {
    private static func definition(_ variant: String, _ more: String = "") -> String {
        #"{"state": "ENABLED", "variants": {"a": "a", "b": "b", "c": "c"}, "defaultVariant": ""#
            + variant + "\"" + more + "}"
    }

    private static func floor(
        _ release: String, _ requirement: String, before: String, below: ReleaseFloor? = nil
    ) throws -> ReleaseFloor {
        ReleaseFloor(
            release: release, requires: [try #require(VersionRequirement(requirement))],
            before: try #require(JSONReader.read(Array(before.utf8)).value), below: below)
    }

    /// Launched twice: b from 1.1 on, c from 1.2 on.
    private static func set() throws -> FlagSet {
        var set = try flagSet(
            #"{"flags": {"f": "# + definition("c") + #"}, "pilots": {"early": {"members": ["ann"]}}}"#)
        let first = try floor(
            "first", "shop >= 1.1",
            before: definition("a", #", "rollout": {"variant": "b", "pilots": ["early"]}"#))
        let second = try floor("second", "shop >= 1.2", before: definition("b"), below: first)
        try set.put(floor: "f", storedBytes: second.storedBytes)
        return set
    }

    private static func ask(_ set: FlagSet, _ version: String, _ user: String = "bob", service: String = "shop")
        -> String
    {
        var set = set
        set.identity = ServiceIdentity(service: service, version: version)
        let answer = set.evaluate("f", context: EvaluationContext(targetingKey: user), unixSeconds: 0)
        return "\(answer.variant ?? "none") \(answer.errorCode?.rawValue ?? answer.reason.rawValue)"
    }

    @Test func eachVersionAnswersAsItsOwnLastRelease() throws {
        let set = try Self.set()
        #expect(Self.ask(set, "1.3") == "c STATIC")
        #expect(Self.ask(set, "1.2") == "c STATIC")
        #expect(Self.ask(set, "1.1") == "b STATIC")
        #expect(Self.ask(set, "1.0") == "a DEFAULT")
        #expect(Self.ask(set, "1.0", "ann") == "b TARGETING_MATCH")
        #expect(Self.ask(set, "") == "a DEFAULT")
        #expect(Self.ask(set, "0.1", service: "other") == "c STATIC")
        #expect(set.flags(using: "early") == ["f"])
    }

    @Test func killedAndDisabledIsForAll() throws {
        var set = try Self.set()
        try set.put(kill: "f", storedBytes: Kill(variant: "a", value: "a").storedBytes)
        for version in ["1.3", "1.1", "1.0"] { #expect(Self.ask(set, version) == "a STATIC") }
        set.remove(kill: "f")
        #expect(Self.ask(set, "1.1") == "b STATIC")
        let disabled = Self.definition("c").replacing("ENABLED", with: "DISABLED")
        try set.put(flag: "f", storedBytes: Array(disabled.utf8))
        for version in ["1.3", "1.0"] { #expect(Self.ask(set, version) == "none DISABLED") }
    }

    @Test func aStageIsNotForOlderAgents() throws {
        var set = try Self.set()
        let release = StagedRelease(
            changes: [FlagVariant(flag: "f", variant: "a")], percentage: .everybody, salt: "third")
        try set.put(release: "third", storedBytes: release.storedBytes)
        #expect(Self.ask(set, "1.2") == "a TARGETING_MATCH")
        #expect(Self.ask(set, "1.1") == "b STATIC")
    }

    @Test func removedEverybodyHasTheDefinition() throws {
        var set = try Self.set()
        set.remove(floor: "f")
        #expect(Self.ask(set, "1.0") == "c STATIC")
        #expect(set.flags(using: "early") == [])
    }

    @Test func theExplanationSaysSo() throws {
        var set = try Self.set()
        set.identity = ServiceIdentity(service: "shop", version: "1.0")
        let told = try #require(set.explain("f", context: EvaluationContext(targetingKey: "ann"), unixSeconds: 0))
        let text = told.json.compactText()
        #expect(told.evaluation.variant == "b")
        #expect(text.contains("as before the release second") && text.contains("as before the release first"))
        #expect(text.contains("this agent runs 1.0"))
    }

    @Test func itIsOnlySoDeepAndReadsBackEqual() throws {
        var floor: ReleaseFloor?
        for index in 0..<10 {
            floor = try Self.floor("r\(index)", "shop >= 1.\(index)", before: Self.definition("a"), below: floor)
        }
        let deep = try #require(floor)
        var levels = 0
        var next = floor
        while let level = next { (levels, next) = (levels + 1, level.below) }
        #expect(levels == ReleaseFloor.deepest)
        #expect(try ReleaseFloor("f", storedBytes: deep.storedBytes) == deep)
        #expect(throws: NotCompilable.self) { try ReleaseFloor("f", storedBytes: Array("{}".utf8)) }
    }
}
