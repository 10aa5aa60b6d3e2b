import Flags
import Foundation
import Harness
import JSON
import Testing

/// Who gets which version of a component.
@Suite struct ComponentTests {
    private static let pilots = #""pilots": {"early": {"members": ["ann", "bob"]}, "lab": {"members": ["bob", "cid"]}}"#

    private static func document(_ component: String, _ more: String = "") -> String {
        #"{"components": {"checkout": {"versions": {"1.0": {"upstream": "blue"}, "1.1": {"upstream": "green"}, "2.0": {}},"#
            + #""defaultVersion": "1.0","# + component + "}}," + pilots + more + "}"
    }

    private static func ask(_ set: FlagSet, _ user: String?, _ component: String = "checkout") -> String {
        let context = EvaluationContext(targetingKey: user)
        let answer = set.evaluate(ComponentKey.flagKey(of: component), context: context, unixSeconds: 0)
        #expect(answer.value == answer.variant.map { .string($0) })
        return "\(answer.variant ?? "none") \(answer.errorCode?.rawValue ?? answer.reason.rawValue)"
    }

    private static let users: [String?] = (0..<2_000).map { "user-\($0)" }

    @Test func withoutRulesEverybodyHasTheDefault() throws {
        let set = try flagSet(Self.document(#""description": "d""#))
        #expect(Self.ask(set, "ann") == "1.0 STATIC")
        #expect(Self.ask(set, nil) == "1.0 STATIC")
        #expect(set.componentNames == ["checkout"] && set.flagKeys == [] && set.flagCount == 0)
    }

    @Test func anUnknownComponentIsNamedAndAFlagIsNone() throws {
        let set = try flagSet(#"{"flags": {"checkout": {"state": "ENABLED", "variants": {"on": true}}}}"#)
        let answer = set.evaluate(
            ComponentKey.flagKey(of: "checkout"), context: EvaluationContext(), unixSeconds: 0)
        #expect(answer.errorCode == .flagNotFound)
        #expect(answer.errorDetails == "there is no component \"checkout\"")
    }

    @Test func whoeverIsInTwoGroupsGetsTheFirstOnesVersion() throws {
        let lines = [#"{"pilot": "early", "version": "1.1"}"#, #"{"pilot": "lab", "version": "2.0"}"#]
        for (order, both) in [(lines, "1.1"), (lines.reversed(), "2.0")] {
            let set = try flagSet(Self.document(#""pilots": ["# + order.joined(separator: ",") + "]"))
            #expect(Self.ask(set, "ann") == "1.1 TARGETING_MATCH")
            #expect(Self.ask(set, "bob") == "\(both) TARGETING_MATCH")
            #expect(Self.ask(set, "cid") == "2.0 TARGETING_MATCH")
            #expect(Self.ask(set, "dan") == "1.0 DEFAULT")
            #expect(Self.ask(set, nil) == "1.0 DEFAULT")
            #expect(set.flags(using: "lab") == [ComponentKey.flagKey(of: "checkout")])
        }
    }

    @Test func pilotsThenTheRolloutThenTheSplitThenTheDefault() throws {
        let set = try flagSet(
            Self.document(
                #""pilots": [{"pilot": "early", "version": "2.0"}], "split": {"1.1": 50},"#
                    + #""rollout": {"variant": "2.0", "percentage": 10, "exclude": {"users": ["user-1"]}}"#))
        #expect(Self.ask(set, "ann") == "2.0 TARGETING_MATCH")
        #expect(Self.ask(set, nil) == "1.0 DEFAULT")
        let answers = Self.users.map { Self.ask(set, $0) }
        let counts = Dictionary(grouping: answers) { $0 }.mapValues(\.count)
        #expect(counts.keys.sorted() == ["1.0 DEFAULT", "1.1 TARGETING_MATCH", "2.0 TARGETING_MATCH"])
        #expect((130...270).contains(counts["2.0 TARGETING_MATCH"] ?? 0), "\(counts)")
        // The rollout takes from both halves alike, and whoever it excludes has what the split gives.
        let alone = try flagSet(Self.document(#""split": {"1.1": 50}"#))
        for (user, answer) in zip(Self.users, answers) where !answer.hasPrefix("2.0") {
            #expect(Self.ask(alone, user) == answer)
        }
        #expect(Self.ask(set, "user-1") == Self.ask(alone, "user-1"))
        let taken = zip(Self.users, answers).filter { $0.1.hasPrefix("2.0") }.map { Self.ask(alone, $0.0) }
        let halves = Double(taken.count { $0.hasPrefix("1.1") }) / Double(taken.count)
        #expect((0.35...0.65).contains(halves), "\(halves)")
    }

    @Test func aVersionForEverybodyNeedsNoTargetingKey() throws {
        let set = try flagSet(Self.document(#""split": {"1.1": 100}"#))
        #expect(Self.ask(set, nil) == "1.1 TARGETING_MATCH" && Self.ask(set, "dan") == "1.1 TARGETING_MATCH")
        let most = try flagSet(Self.document(#""split": {"1.1": 99.99}"#))
        #expect(Self.ask(most, nil) == "1.0 DEFAULT")
    }

    @Test func aRetiredVersionIsServedToNobody() throws {
        let lines = #""pilots": [{"pilot": "early", "version": "2.0"}], "split": {"1.1": 30, "2.0": 30}"#
        let before = try flagSet(Self.document(lines))
        let retired = Self.document(lines).replacingOccurrences(
            of: #""2.0": {}"#, with: #""2.0": {"state": "RETIRED"}"#)
        let (document, problems) = try readDocument(retired)
        #expect(problems.map(\.severity) == [.warning, .warning] && document.components.count == 1)
        #expect(problems.allSatisfy { $0.message == "version \"2.0\" is retired: its users get the default version" })
        let after = try flagSet(retired)
        #expect(Self.ask(after, "ann") == "1.0 TARGETING_MATCH")
        for user in Self.users {
            let was = Self.ask(before, user)
            #expect(Self.ask(after, user) == (was.hasPrefix("2.0") ? "1.0 DEFAULT" : was))
        }
    }

    @Test func aKillServesTheVersionItNamesAndItsUpstream() throws {
        var set = try flagSet(Self.document(#""split": {"1.1": 50}"#))
        let key = ComponentKey.flagKey(of: "checkout")
        let before = Self.users.map { Self.ask(set, $0) }
        try set.put(kill: key, storedBytes: Kill(variant: "1.0", value: "1.0").storedBytes)
        for user in Self.users { #expect(Self.ask(set, user) == "1.0 STATIC") }
        let answer = set.evaluate(key, context: EvaluationContext(), unixSeconds: 0)
        #expect(answer.metadata["upstream"] == "blue")
        set.remove(kill: key)
        #expect(Self.users.map { Self.ask(set, $0) } == before)
    }

    @Test func anAnswerSaysWhereTheVersionIsFound() throws {
        let set = try flagSet(
            Self.document(
                #""pilots": [{"pilot": "early", "version": "1.1"}, {"pilot": "lab", "version": "2.0"}], "metadata": {"team": "shop"}"#
            ))
        let upstreams = ["ann", "cid", nil].map { user in
            set.evaluate(
                ComponentKey.flagKey(of: "checkout"), context: EvaluationContext(targetingKey: user), unixSeconds: 0
            ).metadata
        }
        #expect(
            upstreams == [
                ["team": "shop", "upstream": "green"], ["team": "shop"], ["team": "shop", "upstream": "blue"],
            ])
    }

    @Test func aFlagMayRequireAVersion() throws {
        let flag = #""prerequisites": [{"component": "checkout", "version": "1.1"}]"#
        let text = Self.document(
            #""pilots": [{"pilot": "early", "version": "1.1"}]"#,
            #","flags": {"f": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "off", "rollout": {"variant": "on", "percentage": 100},"#
                + flag + "}}")
        var set = try flagSet(text)
        func ask(_ user: String) -> String? {
            set.evaluate("f", context: EvaluationContext(targetingKey: user), unixSeconds: 0).variant
        }
        #expect(ask("ann") == "on" && ask("dan") == "off")
        #expect(set.flags(affectedBy: ComponentKey.flagKey(of: "checkout")).sorted() == ["\u{1}checkout", "f"])
        #expect(set.flags(using: "early") == ["\u{1}checkout", "f"])
        let stored = try #require(set.definition(of: "f")).json["prerequisites"]
        #expect(stored == [["component": "checkout", "version": "1.1"]])
        set.remove(component: "checkout")
        #expect(ask("ann") == "off")
    }

    @Test func bytesThatCantBeReadLeaveTheLastGoodForm() throws {
        var set = try flagSet(Self.document(#""split": {"1.1": 100}"#))
        for bad in [
            "{", "[]", #"{"versions":{}}"#, #"{"versions":{"1":{}},"defaultVersion":"2"}"#,
            #"{"versions":{"1":{}},"defaultVersion":"1","split":{"1":5}}"#,
        ] {
            let fault = #expect(throws: NotCompilable.self) {
                try set.put(component: "checkout", storedBytes: Array(bad.utf8))
            }
            #expect(fault?.title == "component \"checkout\"")
        }
        #expect(Self.ask(set, "ann") == "1.1 TARGETING_MATCH")
    }

    @Test func anExplanationFollowsTheOrder() throws {
        let set = try flagSet(
            Self.document(
                #""pilots": [{"pilot": "early", "version": "1.1"}, {"pilot": "lab", "version": "2.0"}], "split": {"1.1": 50}"#
            ))
        func steps(_ user: String?) throws -> [String] {
            let context = EvaluationContext(targetingKey: user)
            let explanation = try #require(set.explain("\u{1}checkout", context: context, unixSeconds: 0))
            #expect(explanation.evaluation == set.evaluate("\u{1}checkout", context: context, unixSeconds: 0))
            return explanation.steps.map { "\($0.what): \($0.result?.compactText() ?? ""), \($0.detail ?? "")" }
        }
        #expect(
            try steps("cid") == [
                "in pilot group early: false, cid is no member",
                "in pilot group lab: true, cid is a member; which gets 2.0",
            ])
        let other = try steps("dan")
        #expect(other.count >= 3 && other[2].hasPrefix("split: ") && other[2].contains(", bucket "), "\(other)")
        #expect(try steps(nil).last == "default version: \"1.0\", ")
    }

    /// By what users see, whatever a slot is named: the default version's under its name or under none, a retired one's.
    @Test func asFewUsersMoveAsCanBe() throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("splits: seed \(seed)")
        var random = SeededRandom(seed: seed)
        let names = ["1.0", "1.1", "2", "3"]
        for _ in 0..<60 {
            var before = ComponentDefinition(
                "c", versions: names.map { ComponentVersion($0) }, defaultVersion: names[random.below(4)])
            before.wantedShares = Self.shares(&random, names)
            before.settleSplit(from: nil)
            for index in 0..<4 where before.versions[index].name != before.defaultVersion && random.below(3) == 0 {
                before.versions[index].state = .retired
            }
            var after = before
            let active = after.versions.filter { $0.state == .active }.map(\.name)
            after.defaultVersion = active[random.below(active.count)]
            after.wantedShares = Self.shares(&random, active)
            let wanted = after.wantedShares ?? []
            after.settleSplit(from: before)
            let (old, new) = (Self.served(before), Self.served(after))
            var growth: [String: Int] = [:]
            for version in old { growth[version, default: 0] -= 1 }
            for version in new { growth[version, default: 0] += 1 }
            let moved = zip(old, new).count { $0 != $1 }
            #expect(moved == growth.values.reduce(0) { $0 + max(0, $1) }, "\(before) → \(wanted)")
            var again = after
            again.wantedShares = wanted
            again.settleSplit(from: after)
            #expect(again == after, "what is so already is no change")
        }
    }

    private static func shares(_ random: inout SeededRandom, _ names: [String]) -> [VersionSplit.Share] {
        var left = 100
        return names.shuffled(using: &random).prefix(random.below(names.count + 1)).compactMap { name in
            let share = random.below(left + 1)
            left -= share
            return Percentage(hundredths: share * 100).map { VersionSplit.Share(name, $0) }
        }
    }

    private static func served(_ component: ComponentDefinition) -> [String] {
        (component.split ?? VersionSplit()).runs.flatMap { run in
            let version = run.version.map { component.served($0) } ?? component.defaultVersion
            return Array(repeating: version, count: run.slots)
        }
    }
}
