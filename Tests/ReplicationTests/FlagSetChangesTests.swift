import Flags
import JSON
import Replication
import Testing

@Suite struct FlagSetChangesTests {
    private let start = Revision(epoch: Epoch(counter: 1, id: 1), number: 0)

    /// What an agent's shell holds: the state, and what lookups see of it.
    private struct Shell {
        var state: ReplicatedState
        var flags = FlagSet()
        var quarantine = Quarantine()

        mutating func apply(_ changes: EntryChange...) -> Set<ExactString> {
            state.apply(changes)
            return flags.apply(changes, leadingTo: state, quarantine: &quarantine)
        }

        func answer(_ key: String, _ user: String = "ann") -> String? {
            flags.evaluate(key, context: EvaluationContext(targetingKey: user), unixSeconds: 0).value?.stringValue
        }
    }

    private func makeShell() -> Shell { Shell(state: ReplicatedState(revision: start)) }

    private func flag(_ key: String, _ value: String, gate: String? = nil) -> EntryChange {
        let targeting = gate.map { ",\"targeting\":{\"if\":[{\"in_pilot\":\"\($0)\"},\"in\",null]}" } ?? ""
        let text =
            "{\"defaultVariant\":\"out\",\"state\":\"ENABLED\"\(targeting),\"variants\":{\"in\":\"in-\(value)\",\"out\":\"\(value)\"}}"
        return .put(EntryKey(.flag, key), Array(text.utf8))
    }

    private let broken: EntryChange = .put(EntryKey(.flag, "color"), Array("{\"state\":\"ENABLED\"}".utf8))

    @Test func whatCannotBeCompiledKeepsItsLastGoodFormAndBlocksNothing() {
        var shell = makeShell()
        #expect(shell.apply(flag("color", "red")) == ["color"])
        #expect(shell.apply(broken, flag("size", "big")) == ["size"])
        #expect(shell.answer("color") == "red")
        #expect(shell.answer("size") == "big")
        #expect(shell.quarantine.names == ["flag:color"])
        #expect(shell.apply(flag("color", "blue")) == ["color"])
        #expect(shell.answer("color") == "blue")
        #expect(shell.quarantine.count == 0)
    }

    @Test func aDeletedEntryLeavesQuarantine() {
        var shell = makeShell()
        _ = shell.apply(broken)
        _ = shell.apply(.delete(EntryKey(.flag, "color")))
        #expect(shell.quarantine.count == 0)
        #expect(shell.flags.flagCount == 0)
    }

    @Test func settingsReachEveryFlag() {
        var shell = makeShell()
        _ = shell.apply(flag("color", "red"), flag("size", "big"))
        #expect(shell.flags.bucketing == .v2)
        let settings = EntryChange.put(.settings, EnvironmentSettings(bucketing: .v3).storedBytes)
        #expect(shell.apply(settings) == ["color", "size"])
        #expect(shell.flags.bucketing == .v3 && shell.quarantine.count == 0)
        #expect(shell.apply(settings) == [])
        for unknown in [#"{"bucketing":"v9"}"#, #"{"tomorrow":1}"#, "[]"] {
            #expect(shell.apply(.put(.settings, Array(unknown.utf8))) == [])
            #expect(shell.flags.bucketing == .v3 && shell.quarantine.names == ["settings:environment"])
        }
        var quarantine = Quarantine()
        _ = shell.apply(settings)
        #expect(FlagSet.compiled(from: shell.state, quarantine: &quarantine).bucketing == .v3)
        #expect(shell.apply(.delete(.settings)) == ["color", "size"])
        #expect(shell.flags.bucketing == .v2)
        _ = shell.apply(.put(EntryKey(.settings, "other"), Array("{}".utf8)))
        #expect(shell.quarantine.names == ["settings:other"])
    }

    @Test func anEntryOfTomorrowIsReportedAndKept() {
        var shell = makeShell()
        let key = EntryKey(EntryKind(rawValue: 9), "thing")
        _ = shell.apply(.put(key, [1]), flag("color", "red"))
        #expect(shell.quarantine.names == ["kind-9:thing"])
        #expect(shell.state.bytes(of: key) == [1])
        #expect(shell.answer("color") == "red")
        _ = shell.apply(.delete(key))
        #expect(shell.quarantine.count == 0)
    }

    @Test func membersChangeTheAnswersOfTheFlagsThatAskAboutThem() {
        var shell = makeShell()
        _ = shell.apply(
            .put(EntryKey(.pilot, "staff"), Array("{}".utf8)), flag("color", "red", gate: "staff"), flag("size", "big"))
        #expect(shell.answer("color") == "red")
        #expect(shell.apply(.addMembers(pilot: "staff", ["ann"])) == ["color"])
        #expect(shell.answer("color") == "in-red")
        #expect(shell.answer("color", "bob") == "red")
        #expect(shell.apply(.replaceMembers(pilot: "staff", ["bob"])) == ["color"])
        #expect(shell.answer("color") == "red")
        #expect(shell.apply(.removeMembers(pilot: "staff", ["bob"])) == ["color"])
        #expect(shell.answer("color", "bob") == "red")
    }

    @Test func startingFromAStateGivesTheSameAnswersAsGettingThere() {
        var shell = makeShell()
        _ = shell.apply(
            flag("color", "red", gate: "staff"), .put(EntryKey(.pilot, "staff"), Array("{}".utf8)),
            .addMembers(pilot: "staff", ["ann"]), .put(EntryKey(.flag, "bad"), [0]), flag("size", "big"))
        var quarantine = Quarantine()
        let compiled = FlagSet.compiled(from: shell.state, quarantine: &quarantine)
        #expect(compiled.flagKeys == shell.flags.flagKeys)
        #expect(quarantine == shell.quarantine)
        #expect(
            compiled.evaluate("color", context: EvaluationContext(targetingKey: "ann"), unixSeconds: 0).value
                == .string("in-red"))
    }

    @Test func aGroupThatComesAndGoesInOneBatchIsGone() {
        var shell = makeShell()
        _ = shell.apply(
            .put(EntryKey(.pilot, "staff"), Array("{}".utf8)), .addMembers(pilot: "staff", ["ann"]),
            .delete(EntryKey(.pilot, "staff")))
        #expect(shell.flags.pilotNames.isEmpty)
    }

    // MARK: Releases

    private func release(_ flag: String, _ variant: String, requires: [VersionRequirement] = []) -> EntryChange {
        let release = StagedRelease(
            changes: [FlagVariant(flag: flag, variant: variant)], requires: requires, percentage: .everybody, salt: "s")
        return .put(EntryKey(.release, "spring"), release.storedBytes)
    }

    @Test func aReleaseIsLaidOverWhatItNamesAndTakenAway() {
        var shell = makeShell()
        _ = shell.apply(flag("color", "red"), flag("size", "big"))
        #expect(shell.apply(release("color", "in")) == ["color"])
        #expect(shell.answer("color") == "in-red")
        // Another of the same name: both that it named and that it names.
        #expect(shell.apply(release("size", "in")) == ["color", "size"])
        #expect(shell.answer("color") == "red" && shell.answer("size") == "in-big")
        #expect(shell.apply(.put(EntryKey(.release, "spring"), [1])) == ["size"])
        #expect(shell.answer("size") == "in-big")
        #expect(shell.quarantine.names == ["release:spring"])
        #expect(shell.apply(.delete(EntryKey(.release, "spring"))) == ["size"])
        #expect(shell.answer("size") == "big" && shell.quarantine.count == 0)
    }

    @Test func aFloorIsTakenInAndGoesWithItsDelete() throws {
        var shell = makeShell()
        shell.flags.identity = ServiceIdentity(service: "shop", version: "1.0")
        _ = shell.apply(flag("color", "red"))
        let floor = ReleaseFloor(
            release: "spring", requires: [VersionRequirement(service: "shop", relation: .greaterOrEqual, version: "2")],
            before: ["state": "ENABLED", "variants": ["out": "grey"], "defaultVariant": "out"], below: nil)
        #expect(shell.apply(.put(EntryKey(.floor, "color"), floor.storedBytes)) == ["color"])
        #expect(shell.answer("color") == "grey")
        var quarantine = Quarantine()
        var anew = FlagSet.compiled(["color"], from: shell.state, quarantine: &quarantine)
        anew.identity = shell.flags.identity
        #expect(anew.evaluate("color", context: EvaluationContext(), unixSeconds: 0).value == "grey")
        #expect(shell.apply(.delete(EntryKey(.floor, "color"))) == ["color"])
        #expect(shell.answer("color") == "red")
    }
}
