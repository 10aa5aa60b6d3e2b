import Flags
import Harness
import JSON
import Testing

/// What a release that agents know of changes, and for whom.
@Suite struct StagedReleaseTests {
    private static let document = """
        {"flags": {
            "checkout-ui": {"state": "ENABLED", "variants": {"old": "old", "new": "new", "odd": "odd"},
                "defaultVariant": "old", "targeting": {"if": [{"==": [{"var": "plan"}, "odd"]}, "odd", null]}},
            "plain": {"state": "ENABLED", "variants": {"off": false, "on": true}, "defaultVariant": "off"},
            "ramped": {"state": "ENABLED", "variants": {"off": false, "on": true}, "defaultVariant": "off",
                "rollout": {"variant": "on", "percentage": 100, "exclude": {"users": ["bob"]}}},
            "child": {"state": "ENABLED", "variants": {"off": false, "on": true}, "defaultVariant": "on",
                "prerequisites": [{"flag": "plain", "variant": "on"}], "offVariant": "off"}},
         "components": {"checkout": {"versions": {"1.4.1": {}, "1.4.2": {"upstream": "green"}},
            "defaultVersion": "1.4.1", "pilots": [{"pilot": "lab", "version": "1.4.1"}]}},
         "pilots": {"staff": {"members": ["ann"]}, "lab": {"members": ["lea"]}}}
        """

    private static let component = ComponentKey.flagKey(of: "checkout")

    private static func release(
        _ changes: [FlagVariant], requires: [String] = [], pilots: [String] = ["staff"], percentage: Int = 0,
        exclude: [String] = [], opens: Int64? = nil
    ) throws -> StagedRelease {
        StagedRelease(
            changes: changes, requires: try requires.map { try #require(VersionRequirement($0)) }, pilots: pilots,
            percentage: try #require(Percentage(hundredths: percentage * 100)),
            exclude: Rollout.Exclusion(users: exclude), salt: "faster", opens: opens)
    }

    private static let all = [
        FlagVariant(flag: "checkout-ui", variant: "new"), FlagVariant(flag: "plain", variant: "on"),
        FlagVariant(flag: component, variant: "1.4.2"),
    ]

    private static func set(_ releases: StagedRelease..., service: String = "", version: String = "") throws -> FlagSet
    {
        var set = try flagSet(document)
        for (index, release) in releases.enumerated() {
            try set.put(release: "r\(index)", storedBytes: release.storedBytes)
        }
        set.identity = ServiceIdentity(service: service, version: version)
        return set
    }

    private static func ask(
        _ set: FlagSet, _ key: String, _ user: String?, at time: Int64 = 1_000, _ attributes: JSONObject = [:]
    ) -> String {
        let answer = set.evaluate(
            key, context: EvaluationContext(targetingKey: user, attributes: attributes), unixSeconds: time)
        return "\(answer.variant ?? "none") \(answer.errorCode?.rawValue ?? answer.reason.rawValue)"
    }

    private static let users = (0..<3_000).map { "user-\($0)" }

    @Test func aStageReachesItsGroupsAndItsShareAndNobodyElse() throws {
        let set = try Self.set(Self.release(Self.all, percentage: 10))
        #expect(Self.ask(set, "checkout-ui", "ann") == "new TARGETING_MATCH")
        #expect(Self.ask(set, "plain", "ann") == "on TARGETING_MATCH")
        #expect(Self.ask(set, Self.component, "ann") == "1.4.2 TARGETING_MATCH")
        #expect(Self.ask(set, "plain", nil) == "off DEFAULT")
        let reached = Self.users.filter { Self.ask(set, "plain", $0) == "on TARGETING_MATCH" }
        #expect((200...400).contains(reached.count))
        // Who has one part of it has the others.
        for user in Self.users {
            let has = reached.contains(user)
            #expect(Self.ask(set, "checkout-ui", user) == (has ? "new TARGETING_MATCH" : "old DEFAULT"))
            #expect(Self.ask(set, Self.component, user) == (has ? "1.4.2 TARGETING_MATCH" : "1.4.1 DEFAULT"))
        }
        #expect(
            set.evaluate(Self.component, context: EvaluationContext(targetingKey: "ann"), unixSeconds: 0)
                .metadata["upstream"] == "green")
    }

    @Test func targetingAndVersionPilotsComeFirstAndTheRolloutAfter() throws {
        let ramped = FlagVariant(flag: "ramped", variant: "off")
        let set = try Self.set(Self.release(Self.all + [ramped], percentage: 100))
        #expect(Self.ask(set, "checkout-ui", "ann", ["plan": "odd"]) == "odd TARGETING_MATCH")
        #expect(Self.ask(set, Self.component, "lea") == "1.4.1 TARGETING_MATCH")
        #expect(Self.ask(set, "ramped", "cid") == "off TARGETING_MATCH")
        // Excluded by the flag's own rollout: until the launch.
        #expect(Self.ask(set, "ramped", "bob") == "off DEFAULT")
        #expect(Self.ask(set, "child", "cid") == "on DEFAULT")
        let none = try Self.set(Self.release([ramped], pilots: [], percentage: 0))
        #expect(Self.ask(none, "ramped", "cid") == "on TARGETING_MATCH")
    }

    @Test func excludedUsersWaitForTheLaunch() throws {
        let set = try Self.set(Self.release(Self.all, percentage: 100, exclude: ["ann"]))
        #expect(Self.ask(set, "plain", "ann") == "off DEFAULT")
        #expect(Self.ask(set, "plain", "cid") == "on TARGETING_MATCH")
        #expect(Self.ask(set, "plain", nil) == "on TARGETING_MATCH")
    }

    @Test func takenAwayEverythingIsAsBefore() throws {
        let before = try flagSet(Self.document)
        var set = try Self.set(Self.release(Self.all, percentage: 50))
        set.remove(release: "r0")
        for user in Self.users.prefix(500) {
            for key in set.flagKeys + [Self.component] {
                let context = EvaluationContext(targetingKey: user)
                #expect(
                    set.evaluate(key, context: context, unixSeconds: 5)
                        == before.evaluate(key, context: context, unixSeconds: 5))
            }
        }
        #expect(set.flags(using: "staff") == before.flags(using: "staff"))
        #expect(set.nextStep(after: 0) == nil)
    }

    @Test func theOrderInWhichEntriesArriveMakesNoDifference() throws {
        let release = try Self.release(Self.all, requires: ["checkout >= 1.4.2"], percentage: 30, opens: 900)
        let full = try Self.set(release)
        var set = FlagSet()
        try set.put(release: "r0", storedBytes: release.storedBytes)
        for name in full.pilotNames {
            try set.put(
                pilot: name, storedBytes: #require(full.definition(ofPilot: name)).storedBytes,
                members: #require(full.members(ofPilot: name)))
        }
        for key in full.flagKeys { try set.put(flag: key, storedBytes: #require(full.definition(of: key)).storedBytes) }
        try set.put(component: "checkout", storedBytes: #require(full.definition(ofComponent: "checkout")).storedBytes)
        for user in Self.users.prefix(300) {
            for key in full.flagKeys + [Self.component] {
                #expect(Self.ask(set, key, user) == Self.ask(full, key, user))
            }
        }
        #expect(set.flags(using: "staff").count == full.flags(using: "staff").count)
        #expect(set.nextStep(after: 0)?.at == 900)
    }

    // MARK: What it requires

    @Test(arguments: [
        ("", "", true), ("cart", "0.1", true), ("checkout", "1.4.2", true), ("checkout", "v1.5", true),
        ("checkout", "1.4.1", false), ("checkout", "1.4.2-rc.1", false), ("checkout", "", false),
        ("checkout", "build-7", false),
    ])
    func anAgentOfARequiredServiceNeedsTheVersionItself(service: String, version: String, has: Bool) throws {
        let release = try Self.release(Self.all, requires: ["checkout >= 1.4.2"], percentage: 100)
        let set = try Self.set(release, service: service, version: version)
        #expect(Self.ask(set, "plain", "cid") == (has ? "on TARGETING_MATCH" : "off DEFAULT"))
        #expect(Self.ask(set, Self.component, "cid") == (has ? "1.4.2 TARGETING_MATCH" : "1.4.1 DEFAULT"))
    }

    @Test func versionsThatAreNotSemanticAreEqualOrNot() throws {
        let green = try #require(VersionRequirement("checkout = green"))
        #expect(green.isMet(byVersion: "green") && !green.isMet(byVersion: "blue"))
        let atLeast = try #require(VersionRequirement("checkout >= green"))
        #expect(atLeast.isMet(byVersion: "green") && !atLeast.isMet(byVersion: "2.0"))
        let other = try #require(VersionRequirement("checkout != green"))
        #expect(other.isMet(byVersion: "blue") && !other.isMet(byVersion: "green"))
        let after = try #require(VersionRequirement("checkout > green"))
        #expect(!after.isMet(byVersion: "green") && !after.isMet(byVersion: "zebra"))
        for text in ["checkout", "checkout >=", "checkout => 1", "a b >= 1", " ", "checkout >= "] {
            #expect(VersionRequirement(text) == nil)
        }
    }

    @Test func itOpensAtItsTime() throws {
        let set = try Self.set(Self.release(Self.all, percentage: 100, opens: 1_000))
        #expect(Self.ask(set, "plain", "ann", at: 999) == "off DEFAULT")
        #expect(Self.ask(set, "plain", "ann", at: 1_000) == "on TARGETING_MATCH")
        let step = try #require(set.nextStep(after: 900))
        #expect(step.at == 1_000)
        #expect(Set(step.flags) == ["checkout-ui", "plain", "child", Self.component])
        #expect(set.nextStep(after: 1_000) == nil)
    }

    @Test func aKillAndADisabledFlagComeFirst() throws {
        var set = try Self.set(Self.release(Self.all, percentage: 100))
        try set.put(kill: "plain", storedBytes: Kill(variant: "off", value: false).storedBytes)
        #expect(Self.ask(set, "plain", "ann") == "off STATIC")
        set.remove(kill: "plain")
        #expect(Self.ask(set, "plain", "ann") == "on TARGETING_MATCH")
    }

    @Test func aFormWithoutTheVariantGoesOnAsBefore() throws {
        let set = try Self.set(Self.release([FlagVariant(flag: "plain", variant: "later")], percentage: 100))
        #expect(Self.ask(set, "plain", "ann") == "off DEFAULT")
    }

    @Test func explanationsWalkThroughIt() throws {
        let release = try Self.release(Self.all, requires: ["checkout >= 1.4.2"], percentage: 10, opens: 1_000)
        func explain(_ version: String, at time: Int64, _ key: String = "plain") throws -> (String, String) {
            let set = try Self.set(release, service: "checkout", version: version)
            let told = try #require(
                set.explain(key, context: EvaluationContext(targetingKey: "ann"), unixSeconds: time))
            let text = told.json.compactText()
            #expect(text.contains("release r0"))
            return (told.evaluation.variant ?? "none", text)
        }
        #expect(try explain("1.4.2", at: 2_000).1.contains("in pilot group staff"))
        #expect(try explain("1.4.2", at: 2_000).0 == "on")
        #expect(try explain("1.4.2", at: 2_000, Self.component).0 == "1.4.2")
        let early = try explain("1.4.2", at: 999)
        #expect(early.0 == "off" && early.1.contains("not yet"))
        let old = try explain("1.4.1", at: 2_000)
        #expect(old.0 == "off" && old.1.contains("this agent runs 1.4.1"))
    }

    // MARK: As stored

    @Test func whatIsStoredReadsBackEqual() throws {
        let release = try Self.release(
            Self.all, requires: ["checkout >= 1.4.2", "cart = blue"], percentage: 7, exclude: ["bob"], opens: 5)
        #expect(try StagedRelease(name: "r", storedBytes: release.storedBytes) == release)
    }

    @Test(arguments: [
        "[]", "{}", #"{"changes":[],"stage":{"salt":"s"}}"#, #"{"changes":[{"flag":"a","variant":"b"}],"stage":{}}"#,
        #"{"changes":[{"flag":"a","variant":"b"}],"stage":{"salt":"s"},"later":1}"#,
        #"{"changes":[{"flag":"a","variant":"b"}],"stage":{"salt":"s"},"requires":["x"]}"#,
        #"{"changes":[{"flag":"a","variant":"b"}],"stage":{"salt":"s"},"opens":"soon"}"#,
        #"{"changes":[{"flag":"a"}],"stage":{"salt":"s"}}"#,
    ])
    func whatCannotBeReadIsRefusedAndTheLastGoodFormStays(text: String) throws {
        let good = try Self.release(Self.all, percentage: 100)
        var set = try Self.set(good)
        #expect(throws: NotCompilable.self) { try set.put(release: "r0", storedBytes: Array(text.utf8)) }
        #expect(set.release(named: "r0") == good)
        #expect(Self.ask(set, "plain", "cid") == "on TARGETING_MATCH")
    }
}
