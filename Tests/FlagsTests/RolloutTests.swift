import Foundation
import JSON
import Testing

@testable import Flags

/// What a rollout gives to whom, in the order of evaluation.
@Suite struct RolloutTests {
    /// A flag whose members besides state, variants and default variant are `rest`.
    static func flag(_ rest: String) -> String {
        #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",\#(rest)}"#
    }

    static func set(_ rest: String, bucketing: Bucketing = .v2) throws -> FlagSet {
        var set = FlagSet(bucketing: bucketing)
        for name in ["early", "staff"] { try set.put(pilot: name, storedBytes: Array("{}".utf8), members: MemberSet()) }
        set.set(members: MemberSet(["ann", "bob"]), ofPilot: "early")
        set.set(members: MemberSet(["bob", "cid"]), ofPilot: "staff")
        try set.put(flag: "f", storedBytes: Array(flag(rest).utf8))
        return set
    }

    static func ask(_ set: FlagSet, _ user: String?, _ flag: String = "f", at time: Int64 = 0) -> String {
        let answer = set.evaluate(flag, context: EvaluationContext(targetingKey: user), unixSeconds: time)
        return "\(answer.variant ?? "-") \(answer.errorCode?.rawValue ?? answer.reason.rawValue)"
    }

    @Test func everybodyNeedsNoKey() throws {
        let set = try Self.set(#""rollout":{"variant":"on","percentage":100}"#)
        #expect(Self.ask(set, nil) == "on TARGETING_MATCH" && Self.ask(set, "x") == "on TARGETING_MATCH")
    }

    @Test func nobodyIsTheDefault() throws {
        let set = try Self.set(#""rollout":{"variant":"on","percentage":0}"#)
        #expect(Self.ask(set, nil) == "off DEFAULT" && Self.ask(set, "x") == "off DEFAULT")
    }

    @Test func withoutAKeyOnlyEverybodyMatches() throws {
        let set = try Self.set(#""rollout":{"variant":"on","percentage":99.99,"pilots":["early"]}"#)
        #expect(Self.ask(set, nil) == "off DEFAULT" && Self.ask(set, "") == "off DEFAULT")
    }

    @Test func groupsComeBeforeThePercentageAndExclusionsBeforeGroups() throws {
        let set = try Self.set(
            #""rollout":{"variant":"on","percentage":0,"pilots":["early"],"exclude":{"users":["ann"],"pilots":["staff"]}}"#
        )
        #expect(Self.ask(set, "ann") == "off DEFAULT", "excluded by name")
        #expect(Self.ask(set, "bob") == "off DEFAULT", "excluded by group")
        let other = try Self.set(#""rollout":{"variant":"on","pilots":["early"]}"#)
        #expect(Self.ask(other, "ann") == "on TARGETING_MATCH" && Self.ask(other, "cid") == "off DEFAULT")
    }

    @Test func exclusionsHoldForEverybodyToo() throws {
        let set = try Self.set(#""rollout":{"variant":"on","percentage":100,"exclude":{"users":["ann"]}}"#)
        #expect(Self.ask(set, "ann") == "off DEFAULT" && Self.ask(set, "bob") == "on TARGETING_MATCH")
    }

    @Test func targetingComesFirst() throws {
        let set = try Self.set(
            #""targeting":{"if":[{"==":[{"var":"targetingKey"},"ann"]},"off",null]},"rollout":{"variant":"on","percentage":100}"#
        )
        #expect(Self.ask(set, "ann") == "off TARGETING_MATCH" && Self.ask(set, "bob") == "on TARGETING_MATCH")
    }

    @Test func aGroupThatIsntThereIsAFault() throws {
        let set = try Self.set(#""rollout":{"variant":"on","pilots":["gone"]}"#)
        #expect(Self.ask(set, "ann") == "- PARSE_ERROR")
    }

    // MARK: Shares

    private func takenIn(_ rest: String, key: String = "f", bucketing: Bucketing = .v2) throws -> Set<Int> {
        var set = FlagSet(bucketing: bucketing)
        try set.put(flag: key, storedBytes: Array(Self.flag(rest).utf8))
        return Set(
            (0..<4_000).filter { user in
                let context = EvaluationContext(
                    targetingKey: "user-\(user)",
                    attributes: ["company": .string("c\(user / 4)"), "id": .integer(Int64(user))])
                return set.evaluate(key, context: context, unixSeconds: 0).variant == "on"
            })
    }

    @Test(arguments: Bucketing.allCases) func raisingOnlyAdds(_ bucketing: Bucketing) throws {
        for more in ["", #","salt":"s""#, #","bucketBy":"company""#] {
            var before: Set<Int> = []
            for percent in [0.01, 1, 1.01, 10, 50, 99.99, 100] {
                let now = try takenIn(
                    #""rollout":{"variant":"on","percentage":\#(percent)\#(more)}"#, bucketing: bucketing)
                #expect(before.isSubset(of: now), "\(percent) % \(more)")
                before = now
            }
            #expect(before.count == 4_000)
        }
    }

    @Test(arguments: Bucketing.allCases) func oneSaltIsOneSetOfUsers(_ bucketing: Bucketing) throws {
        let rest = #""rollout":{"variant":"on","percentage":20,"salt":"spring"}"#
        let one = try takenIn(rest, key: "one", bucketing: bucketing)
        let two = try takenIn(rest, key: "two", bucketing: bucketing)
        #expect(one == two && (600...1_000).contains(one.count))
        let own = try takenIn(#""rollout":{"variant":"on","percentage":20}"#, key: "one", bucketing: bucketing)
        let other = try takenIn(#""rollout":{"variant":"on","percentage":20}"#, key: "two", bucketing: bucketing)
        #expect(own != other && own.intersection(other).count < 260, "20 % of 20 % by chance are 160")
    }

    @Test(arguments: Bucketing.allCases) func anAttributeKeepsACompanyTogether(_ bucketing: Bucketing) throws {
        let users = try takenIn(
            #""rollout":{"variant":"on","percentage":20,"bucketBy":"company"}"#, bucketing: bucketing)
        #expect(!users.isEmpty && users.count % 4 == 0)
        #expect(users.allSatisfy { user in (user / 4 * 4..<user / 4 * 4 + 4).allSatisfy { users.contains($0) } })
        #expect(
            try takenIn(#""rollout":{"variant":"on","percentage":50,"bucketBy":"nowhere"}"#, bucketing: bucketing)
                .isEmpty)
        #expect(
            try takenIn(#""rollout":{"variant":"on","percentage":50,"bucketBy":"id"}"#, bucketing: bucketing).count
                > 1_000)
    }

    // MARK: Time ramps

    @Test func aTimeRampIsTheFixedPercentageOfItsStep() throws {
        let ramp = TimeRamp(
            from: try #require(Percentage(hundredths: 500)), to: .everybody, start: 1_000, end: 8_200)
        #expect(ramp.steps.count == 100 && ramp.steps.last == TimeRamp.Step(at: 8_200, percentage: .everybody))
        let rest = #""rollout":{"variant":"on","ramp":{"from":5,"to":100,"start":1000,"end":8200}}"#
        let moving = try Self.set(rest)
        for time in [0, 999, 1_000, 1_071, 1_072, 1_073, 4_567, 8_199, 8_200, 9_000] as [Int64] {
            let share = ramp.percentage(at: time)
            let fixed = try Self.set(#""rollout":{"variant":"on","percentage":\#(share.json.compactText())}"#)
            for user in (0..<500).map({ "u\($0)" }) {
                #expect(Self.ask(moving, user, at: time) == Self.ask(fixed, user), "\(user) at \(time)")
            }
        }
        #expect(Self.ask(moving, nil, at: 8_200) == "on TARGETING_MATCH", "the end is everybody")
        #expect(moving.nextStep(after: 0)?.at == 1_072 && moving.nextStep(after: 1_072)?.at == 1_144)
        #expect(moving.nextStep(after: 8_199)?.flags == ["f"] && moving.nextStep(after: 8_200) == nil)
    }

    @Test func shortAndFallingRamps() throws {
        let short = TimeRamp(from: .none, to: .everybody, start: 10, end: 13)
        #expect(
            short.steps.map(\.at) == [11, 12, 13] && short.steps.map(\.percentage.hundredths) == [3_333, 6_666, 10_000])
        let falling = TimeRamp(from: .everybody, to: .none, start: 0, end: 1_000)
        #expect(falling.percentage(at: 500).hundredths == 5_000 && falling.percentage(at: 1_000) == .none)
        let still = TimeRamp(from: .everybody, to: .everybody, start: 0, end: 10)
        #expect(still.steps.isEmpty && still.percentage(at: 5) == .everybody)
        let long = TimeRamp(from: .none, to: .everybody, start: 0, end: 253_402_300_799)
        #expect(long.steps.count == 100 && zip(long.steps, long.steps.dropFirst()).allSatisfy { $0.at < $1.at })
    }

    @Test func percentagesKeepTwoDecimals() throws {
        for hundredths in 0...10_000 {
            let percentage = try #require(Percentage(hundredths: hundredths))
            #expect(
                Percentage(percentage.json) == percentage
                    && Percentage(percentage.text.replacing(" ", with: "")) == percentage)
        }
        for bad in [-1, 100.01, 0.001, 33.333, .nan, .infinity] as [Double] { #expect(Percentage(.double(bad)) == nil) }
        for bad in ["", "%", "5 %", "-1", "1e1", "0x5", "101"] { #expect(Percentage(bad) == nil, "\(bad)") }
    }

    // MARK: Prerequisites

    @Test func prerequisitesAreAskedForTheSameUser() throws {
        var set = try Self.set(#""rollout":{"variant":"on","pilots":["early"]}"#)
        let second = Self.flag(
            #""prerequisites":[{"flag":"f","variant":"on"}],"rollout":{"variant":"on","percentage":100}"#)
        try set.put(flag: "second", storedBytes: Array(second.utf8))
        #expect(Self.ask(set, "ann", "second") == "on TARGETING_MATCH" && Self.ask(set, "x", "second") == "off DEFAULT")
        #expect(set.flags(affectedBy: "f") == ["f", "second"] && set.flags(using: "early") == ["f", "second"])
        try set.put(kill: "f", storedBytes: Kill(variant: "off", value: false).storedBytes)
        #expect(Self.ask(set, "ann", "second") == "off DEFAULT")
        set.remove(flag: "f")
        #expect(Self.ask(set, "ann", "second") == "off DEFAULT", "a flag that isn't there meets nothing")
    }

    @Test func aCircleEnds() throws {
        var set = FlagSet()
        for (key, other) in [("a", "b"), ("b", "a")] {
            let flag = Self.flag(#""prerequisites":[{"flag":"\#(other)","variant":"off"}]"#)
            try set.put(flag: key, storedBytes: Array(flag.utf8))
        }
        #expect(Self.ask(set, "x", "a").hasSuffix("PARSE_ERROR") || Self.ask(set, "x", "a") == "off DEFAULT")
    }

    // MARK: Kills

    @Test func aKillIsAheadOfAllRules() throws {
        var set = try Self.set(
            #""targeting":{"if":[{"==":[{"var":"targetingKey"},"ann"]},"on"]},"rollout":{"variant":"on","percentage":100}"#
        )
        let before = ["ann", "bob", nil].map { Self.ask(set, $0) }
        try set.put(kill: "f", storedBytes: Kill(variant: "off", value: false).storedBytes)
        for user in ["ann", "bob", nil] { #expect(Self.ask(set, user) == "off STATIC") }
        // Another form of the flag is killed as well.
        try set.put(flag: "f", storedBytes: Array(Self.flag(#""rollout":{"variant":"on","percentage":50}"#).utf8))
        #expect(Self.ask(set, "bob") == "off STATIC")
        set.remove(kill: "f")
        #expect(before == ["on TARGETING_MATCH", "on TARGETING_MATCH", "on TARGETING_MATCH"])
        #expect(Self.ask(set, nil) == "off DEFAULT")
    }

    @Test func aDisabledFlagStaysDisabled() throws {
        var set = FlagSet()
        try set.put(kill: "f", storedBytes: Kill(variant: "off", value: false).storedBytes)
        let text = Self.flag(#""targeting":{}"#).replacing("ENABLED", with: "DISABLED")
        try set.put(flag: "f", storedBytes: Array(text.utf8))
        #expect(Self.ask(set, "ann") == "- DISABLED")
    }

    /// An urgent copy can be ahead of the change that brings its variant.
    @Test func aKillKnowsItsValue() throws {
        let set = try Self.set(#""rollout":{"variant":"on","percentage":100}"#)
        let killed = set.killing(["f": Kill(variant: "later", value: "x"), "nowhere": Kill(variant: "a", value: 1)])
        let answer = killed.evaluate("f", context: EvaluationContext(targetingKey: "ann"), unixSeconds: 0)
        #expect(answer.variant == "later" && answer.value == "x" && answer.reason == .static)
        #expect(Self.ask(killed, "ann", "nowhere") == "- FLAG_NOT_FOUND")
        #expect(Self.ask(set, "ann") == "on TARGETING_MATCH", "the set it was made from is what it was")
    }

    // MARK: Pilot groups

    @Test func aGroupIsMembersRuleAndPercentageLessItsExclusions() throws {
        var set = FlagSet()
        let terms = #"{"rule":{"==":[{"var":"plan"},"gold"]},"percentage":10,"exclude":["ann"]}"#
        try set.put(pilot: "g", storedBytes: Array(terms.utf8), members: MemberSet(["ann", "bob"]))
        try set.put(flag: "f", storedBytes: Array(Self.flag(#""rollout":{"variant":"on","pilots":["g"]}"#).utf8))
        try set.put(flag: "h", storedBytes: Array(Self.flag(#""rollout":{"variant":"on","pilots":["g"]}"#).utf8))
        func isIn(_ user: String?, _ attributes: JSONObject = [:], _ flag: String = "f") -> Bool {
            let context = EvaluationContext(targetingKey: user, attributes: attributes)
            return set.evaluate(flag, context: context, unixSeconds: 0).variant == "on"
        }
        #expect(!isIn("ann") && !isIn("ann", ["plan": "gold"]), "excluded, whatever else")
        #expect(isIn("bob") && isIn("someone", ["plan": "gold"]) && isIn(nil, ["plan": "gold"]) && !isIn(nil))
        let tenth = (0..<5_000).filter { isIn("user-\($0)") }
        #expect((400...600).contains(tenth.count))
        #expect(tenth == (0..<5_000).filter { isIn("user-\($0)", [:], "h") }, "a group is the same for every flag")
        set.set(members: MemberSet(), ofPilot: "g")
        #expect(!isIn("bob") && isIn("someone", ["plan": "gold"]), "other members, the same terms")
    }

    @Test func aGroupsRuleDoesntSeeWhichFlagAsks() throws {
        var set = FlagSet()
        let terms = #"{"rule":{"fractional":[[true,50],[false,50]]}}"#
        try set.put(pilot: "g", storedBytes: Array(terms.utf8), members: MemberSet())
        for key in ["a", "b"] {
            try set.put(flag: key, storedBytes: Array(Self.flag(#""targeting":{"if":[{"in_pilot":"g"},"on"]}"#).utf8))
        }
        for user in (0..<200).map({ "u\($0)" }) { #expect(Self.ask(set, user, "a") == Self.ask(set, user, "b")) }
    }

    @Test func aGroupThatCantBeCompiledKeepsItsTerms() throws {
        var set = FlagSet()
        try set.put(pilot: "g", storedBytes: Array(#"{"percentage":100}"#.utf8), members: MemberSet())
        try set.put(flag: "f", storedBytes: Array(Self.flag(#""targeting":{"if":[{"in_pilot":"g"},"on"]}"#).utf8))
        #expect(throws: NotCompilable.self) {
            try set.put(pilot: "g", storedBytes: Array(#"{"from":"tomorrow"}"#.utf8), members: MemberSet(["ann"]))
        }
        #expect(Self.ask(set, nil) == "on TARGETING_MATCH")
        #expect(set.members(ofPilot: "g")?.contains("ann") == true)
    }
}
