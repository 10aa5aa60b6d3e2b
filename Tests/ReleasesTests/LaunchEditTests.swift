import Flags
import Harness
import JSON
import Releases
import Testing

@Suite struct LaunchEditTests {
    private static let cart = FlagVariant(flag: "cart", variant: "on")
    private static let checkout = FlagVariant(flag: ComponentKey.flagKey(of: "checkout"), variant: "1.4.2")

    @Test func aFlagGoesToEveryoneAndKeepsWhatAKillServes() {
        let before = Plans.json(
            #"""
            {"state":"ENABLED","variants":{"on":1,"off":0},"defaultVariant":"off","targeting":{"if":[true,null]},
             "rollout":{"variant":"on","percentage":5,"pilots":["staff"]}}
            """#)
        let (after, edits) = LaunchEdit.launch(Self.cart, before)
        #expect(after["defaultVariant"] == "on" && after["offVariant"] == "off" && after["rollout"] == nil)
        #expect(after["targeting"] == before["targeting"])
        #expect(edits.map(\.member) == ["defaultVariant", "offVariant", "rollout"])
        let back = LaunchEdit.undo(edits, after)
        #expect(back.definition == before && back.conflicts.isEmpty)
    }

    @Test func aComponentGoesToEveryone() {
        let before = Plans.json(
            #"""
            {"versions":{"1.4.1":{},"1.4.2":{}},"defaultVersion":"1.4.1","split":[["1.4.2",500],[null,9500]],
             "pilots":[{"pilot":"staff","version":"1.4.2"}],"bucketBy":"account"}
            """#)
        let (after, edits) = LaunchEdit.launch(Self.checkout, before)
        #expect(
            after == Plans.json(#"{"versions":{"1.4.1":{},"1.4.2":{}},"defaultVersion":"1.4.2","bucketBy":"account"}"#))
        #expect(LaunchEdit.undo(edits, after).definition == before)
    }

    @Test func conflictsAreNamedAndLeftAlone() throws {
        let before = try #require(Plans.definitions["cart"])
        let (after, edits) = LaunchEdit.launch(Self.cart, before)
        var object = try #require(after.objectValue)
        object["offVariant"] = "on"
        let (definition, conflicts) = LaunchEdit.undo(edits, .object(object))
        #expect(definition?["defaultVariant"] == "off")
        #expect(definition?["offVariant"] == "on")
        #expect(
            conflicts == [
                "flag \"cart\": its offVariant was changed since: it is \"on\", the release made it \"off\" "
                    + "and it was none"
            ])
        #expect(LaunchEdit.undo(edits, nil).conflicts == ["flag \"cart\" is gone"])
        // Whoever set it back by hand has done what is wanted.
        #expect(LaunchEdit.undo(edits, before).conflicts.isEmpty)
        #expect(LaunchEdit.undo(edits, before).definition == before)
    }

    @Test func aSplitIsToldByItsShares() throws {
        let before = Plans.json(
            #"{"versions":{"1.4.1":{},"1.4.2":{}},"defaultVersion":"1.4.1","split":[["1.4.2",1190],[null,8810]]}"#)
        let (after, edits) = LaunchEdit.launch(Self.checkout, before)
        var object = try #require(after.objectValue)
        object["split"] = Plans.json(#"[["1.4.1",5000],[null,2000],["1.4.1",3000]]"#)
        #expect(
            LaunchEdit.undo(edits, .object(object)).conflicts == [
                "component \"checkout\": its split was changed since: it is 1.4.1 80 %, the release made it none and it "
                    + "was 1.4.2 11.9 %"
            ])
    }

    @Test func whatIsGoneCantComeBack() throws {
        let component = try #require(Plans.definitions[Self.checkout.flag])
        let (after, edits) = LaunchEdit.launch(Self.checkout, component)
        var retired = try #require(after.objectValue)
        retired["versions"] = Plans.json(#"{"1.4.1":{"state":"RETIRED"},"1.4.2":{}}"#)
        #expect(LaunchEdit.undo(edits, .object(retired)).conflicts.first?.contains("\"1.4.1\" is retired") == true)
        retired["versions"] = Plans.json(#"{"1.4.2":{}}"#)
        #expect(
            LaunchEdit.undo(edits, .object(retired)).conflicts.first?.contains("no version \"1.4.1\" any more") == true)
    }

    @Test func groupsAndVersionsThatAreGoneKeepTheirMemberOut() {
        let before = Plans.json(
            #"""
            {"versions":{"1.4.0":{"state":"RETIRED"},"1.4.1":{},"1.4.2":{},"1.5":{}},"defaultVersion":"1.4.1",
             "split":[["1.5",500],[null,9500]],
             "pilots":[{"pilot":"early","version":"1.4.0"},{"pilot":"staff","version":"1.5"}],
             "rollout":{"variant":"1.5","exclude":{"pilots":["key-accounts"]}}}
            """#)
        let (after, edits) = LaunchEdit.launch(Self.checkout, before)
        #expect(Set(edits.flatMap(\.pilotsBefore)) == ["early", "staff", "key-accounts"])
        // What was retired then already was given to nobody: it comes back as it was.
        #expect(LaunchEdit.undo(edits, after).definition == before)
        func undone(_ definition: JSONValue, without lost: [String] = []) -> (members: [String], conflicts: [String]) {
            let (back, conflicts) = LaunchEdit.undo(edits, definition, without: lost)
            let members = ["defaultVersion", "split", "pilots", "rollout"].filter { back?[$0] == before[$0] }
            return (members, conflicts)
        }
        let groups = undone(after, without: ["staff", "key-accounts"])
        #expect(groups.members == ["defaultVersion", "split"])
        #expect(groups.conflicts.count == 2)
        #expect(groups.conflicts.contains { $0.contains("its pilots") && $0.contains("no pilot group \"staff\"") })
        #expect(groups.conflicts.contains { $0.contains("its rollout") && $0.contains("\"key-accounts\"") })

        var retired = after.objectValue ?? [:]
        retired["versions"] = Plans.json(
            #"{"1.4.0":{"state":"RETIRED"},"1.4.1":{},"1.4.2":{},"1.5":{"state":"RETIRED"}}"#)
        let versions = undone(.object(retired))
        #expect(versions.members == ["defaultVersion"])
        #expect(versions.conflicts.count == 3)
        #expect(versions.conflicts.allSatisfy { $0.contains("version \"1.5\" is retired") })
    }

    @Test func randomDefinitionsComeBackButForWhatElseChanged() throws {
        var random = SeededRandom(seed: 9)
        var conflicted = 0
        for round in 0..<2_000 {
            let isComponent = round % 2 == 0
            let change = isComponent ? Self.checkout : Self.cart
            let before = isComponent ? Self.component(&random) : Self.flag(&random)
            let (after, edits) = LaunchEdit.launch(change, .object(before))
            #expect(LaunchEdit.launch(change, after).edits.isEmpty, "everyone has it already")
            // What isn't the release's changes, and once in a while what is.
            var now = try #require(after.objectValue)
            for member in ["description", "metadata", "targeting", "salt", "state"] where random.below(2) == 0 {
                now[member] = random.below(3) == 0 ? nil : random.value(depth: 2)
            }
            let touched = random.below(4) == 0 ? edits.randomElement(using: &random) : nil
            let other = JSONValue.string("other")
            if let touched { now[touched.member] = other }
            var expected = now
            for edit in edits where edit.member != touched?.member { expected[edit.member] = before[edit.member] }
            let (definition, conflicts) = LaunchEdit.undo(edits, .object(now))
            #expect(definition == .object(expected))
            #expect(conflicts.count == (touched == nil ? 0 : 1))
            #expect(conflicts.allSatisfy { $0.contains(touched?.member ?? "?") })
            conflicted += conflicts.count
        }
        #expect(conflicted > 200)
    }

    private static func flag(_ random: inout SeededRandom) -> JSONObject {
        var flag: JSONObject = ["state": "ENABLED", "variants": ["on": true, "off": false, "old": false]]
        if random.below(4) > 0 { flag["defaultVariant"] = .string(["on", "off", "old"][random.below(3)]) }
        if random.below(2) == 0 { flag["offVariant"] = "old" }
        if random.below(2) == 0 {
            flag["rollout"] = ["variant": "on", "percentage": .integer(Int64(random.below(100)))]
        }
        if random.below(2) == 0 { flag["description"] = .string(random.text()) }
        return flag
    }

    private static func component(_ random: inout SeededRandom) -> JSONObject {
        var component: JSONObject = ["versions": ["1.4.1": [:], "1.4.2": ["upstream": "green"]]]
        component["defaultVersion"] = random.below(4) == 0 ? "1.4.2" : "1.4.1"
        if random.below(2) == 0 { component["split"] = [["1.4.2", 500], [.null, 9_500]] }
        if random.below(2) == 0 { component["pilots"] = [["pilot": "staff", "version": "1.4.2"]] }
        if random.below(2) == 0 { component["rollout"] = ["variant": "1.4.2", "pilots": ["early"]] }
        return component
    }
}
