import Flags
import JSON
import Replication

/// Writes changes as operators do: mostly one flag or a few members, sometimes many flags at once, sometimes a large
/// list, sometimes something that agents can't compile.
struct ChangeSource {
    private var chance: Chance
    private var stamp = 0

    /// The last two are spelled differently and look the same.
    static let flags = (0..<8).map { "flag-\($0)" } + ["caf\u{e9}", "cafe\u{301}"]
    /// By the keys that they are decided under.
    static let components = ["shop", "till"].map { ComponentKey.flagKey(of: $0) }
    static let groups = ["staff", "friends", "beta"]
    static let users = (0..<24).map { "user-\($0)" }
    static let unknownKind = EntryKind(rawValue: 9)

    /// Half of all runs have nothing that agents can't compile: `fleet --wait` waits for such entries for ever.
    private let isSound: Bool

    init(seed: UInt64) {
        chance = Chance(seed: seed)
        isSound = chance.happens(0.5)
    }

    /// The next change of `content`, which is led to what it will be.
    mutating func next(_ content: inout Content, _ kind: SimulatedControl.Write.Kind) -> [EntryChange] {
        stamp += 1
        switch kind {
        case .any: return any(&content)
        case .small: return [put(chance.pick(Self.flags), FlagForm(stamp: stamp), &content)]
        case .plain: return [put(Self.flags[0], FlagForm(stamp: stamp), &content)]
        case .kill: return [put(KillForm(stamp: stamp, variant: "off"), of: ExactString(Self.flags[0]), &content)]
        }
    }

    private mutating func any(_ content: inout Content) -> [EntryChange] {
        switch chance.within(0...99) {
        case 0..<25: return [putFlag(&content)]
        case 25..<29: return [putRelease(&content)]
        case 29: return [endRelease(&content)]
        case 30..<38: return [putComponent(&content)]
        case 38..<46: return (0..<chance.within(2...5)).map { _ in putFlag(&content) }
        case 46..<50: return deleteFlag(&content)
        case 50..<58: return [kill(&content)]
        case 58..<65: return [unkill(&content)]
        case 65..<69: return [putGroup(&content)]
        case 69..<72: return [deleteGroup(&content)]
        case 72..<79: return [addMembers(&content)]
        case 79..<83: return [removeMembers(&content)]
        case 83..<86: return [replaceMembers(&content)]
        case 86..<88: return [putFlag(&content, ballast: Int(chance.within(1_000...6_000)))]
        case 88..<90: return [putFlag(&content, ballast: Int(chance.within(1_000...6_000))), kill(&content)]
        case 90..<97 where isSound: return [putFlag(&content)]
        case 90..<93: return [breakFlag(&content), putFlag(&content)]
        case 93: return [breakGroup(&content), putFlag(&content)]
        case 94: return [breakKill(&content), putFlag(&content)]
        case 95..<97: return [putUnknown(&content)]
        case 97..<99: return [deleteUnknown(&content), putFlag(&content)]
        default: return [deleteGroup(&content), putGroup(&content), addMembers(&content)] + deleteFlag(&content)
        }
    }

    // MARK: Flags

    private mutating func putFlag(_ content: inout Content, ballast: Int = 0) -> EntryChange {
        let index = chance.index(below: Self.flags.count)
        var form = FlagForm(stamp: stamp, ballast: ballast)
        if chance.happens(0.35) { form.gate = chance.pick(Self.groups) }
        if chance.happens(0.25) { form.rollout = rollout() }
        if index > 0, chance.happens(0.2) {
            let required = chance.happens(0.3) ? chance.pick(Self.components) : Self.flags[chance.index(below: index)]
            form.requires = .init(flag: required, variant: chance.happens(0.5) ? "in" : "out")
        }
        form.isDisabled = chance.happens(0.03)
        return put(Self.flags[index], form, &content)
    }

    private mutating func rollout() -> RolloutForm {
        var rollout = RolloutForm(share: [0, 30, 100][chance.index(below: 3)])
        if chance.happens(0.5) { rollout.pilot = chance.pick(Self.groups) }
        if chance.happens(0.3) { rollout.excludedUser = chance.pick(Self.users) }
        if chance.happens(0.2) {
            let group = chance.pick(Self.groups)
            if group != rollout.pilot { rollout.excludedGroup = group }
        }
        rollout.isRamp = chance.happens(0.2)
        return rollout
    }

    private mutating func putComponent(_ content: inout Content) -> EntryChange {
        var form = FlagForm(stamp: stamp)
        if chance.happens(0.4) { form.gate = chance.pick(Self.groups) }
        if chance.happens(0.3) { form.rollout = rollout() }
        if chance.happens(0.6) { form.split = [0, 30, 100][chance.index(below: 3)] }
        return put(chance.pick(Self.components), form, &content)
    }

    private mutating func breakFlag(_ content: inout Content) -> EntryChange {
        let key = chance.happens(0.2) ? chance.pick(Self.components) : chance.pick(Self.flags)
        return put(key, FlagForm(stamp: stamp, isBroken: true), &content)
    }

    private func put(_ key: String, _ form: FlagForm, _ content: inout Content) -> EntryChange {
        content.flags[ExactString(key)] = form
        return .put(EntryKey(deciding: key), form.bytes(at: key))
    }

    /// With its kill, if it has one.
    private mutating func deleteFlag(_ content: inout Content) -> [EntryChange] {
        let key = chance.happens(0.2) ? chance.pick(Self.components) : chance.pick(Self.flags)
        content.flags[ExactString(key)] = nil
        var changes = [EntryChange.delete(EntryKey(deciding: key))]
        if content.kills.removeValue(forKey: ExactString(key)) != nil {
            changes.append(.delete(EntryKey(.kill, key)))
        }
        return changes
    }

    // MARK: Kills

    /// A flag that is there; where there is none, a change makes it.
    private mutating func kill(_ content: inout Content) -> EntryChange {
        guard !content.flags.isEmpty else { return putFlag(&content) }
        let key = chance.pick(content.flags.keys.sorted())
        return put(KillForm(stamp: stamp, variant: chance.pick(["out", "in", "off"])), of: key, &content)
    }

    private mutating func breakKill(_ content: inout Content) -> EntryChange {
        guard !content.flags.isEmpty else { return putFlag(&content) }
        let key = chance.pick(content.flags.keys.sorted())
        return put(KillForm(stamp: stamp, variant: "out", isBroken: true), of: key, &content)
    }

    private func put(_ form: KillForm, of key: ExactString, _ content: inout Content) -> EntryChange {
        content.kills[key] = form
        return .put(EntryKey(.kill, key.text), form.bytes)
    }

    private mutating func unkill(_ content: inout Content) -> EntryChange {
        guard !content.kills.isEmpty else { return kill(&content) }
        let key = chance.pick(content.kills.keys.sorted())
        content.kills[key] = nil
        return .delete(EntryKey(.kill, key.text))
    }

    // MARK: Releases

    /// The next stage of the release, or another one under its name.
    private mutating func putRelease(_ content: inout Content) -> EntryChange {
        let keys = (Self.flags + Self.components).filter { _ in chance.happens(0.3) }
        var form = ReleaseForm(
            stamp: stamp, keys: keys.isEmpty ? [Self.flags[0]] : keys, share: [0, 30, 100][chance.index(below: 3)])
        if chance.happens(0.5) { form.pilot = chance.pick(Self.groups) }
        content.release = form
        return .put(EntryKey(.release, ReleaseForm.name), form.bytes)
    }

    private mutating func endRelease(_ content: inout Content) -> EntryChange {
        guard content.release != nil else { return putRelease(&content) }
        content.release = nil
        return .delete(EntryKey(.release, ReleaseForm.name))
    }

    // MARK: Groups

    private mutating func putGroup(_ content: inout Content) -> EntryChange {
        var terms = GroupTerms()
        if chance.happens(0.4) { terms.rule = [chance.pick(Self.users)] }
        if chance.happens(0.3) { terms.share = [30, 100][chance.index(below: 2)] }
        if chance.happens(0.4) { terms.exclude = [chance.pick(Self.users), "nobody-\(stamp)"] }
        return put(chance.pick(Self.groups), terms, &content)
    }

    private mutating func breakGroup(_ content: inout Content) -> EntryChange {
        put(chance.pick(Self.groups), GroupTerms(brokenBy: stamp), &content)
    }

    private func put(_ group: String, _ terms: GroupTerms, _ content: inout Content) -> EntryChange {
        content.groups[group, default: GroupForm()].terms = terms
        return .put(EntryKey(.pilot, group), terms.bytes)
    }

    private mutating func deleteGroup(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        content.groups[name] = nil
        return .delete(EntryKey(.pilot, name))
    }

    /// Control refuses members of a group that isn't there; here a change makes the group instead.
    private mutating func addMembers(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        guard content.groups[name] != nil else { return put(name, GroupTerms(), &content) }
        let added = (0..<chance.within(1...4)).map { _ in chance.pick(Self.users) }
        content.groups[name]?.members.formUnion(added)
        return .addMembers(pilot: name, added)
    }

    private mutating func removeMembers(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        guard content.groups[name] != nil else { return put(name, GroupTerms(), &content) }
        let removed = (0..<chance.within(1...4)).map { _ in chance.pick(Self.users) }
        content.groups[name]?.members.subtract(removed)
        return .removeMembers(pilot: name, removed)
    }

    private mutating func replaceMembers(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        guard content.groups[name] != nil else { return put(name, GroupTerms(), &content) }
        var members = (0..<chance.within(0...6)).map { _ in chance.pick(Self.users) }
        if chance.happens(0.4) { members += (0..<chance.within(20...150)).map { "crowd-\($0)-\(stamp)" } }
        content.groups[name]?.members = Set(members)
        return .replaceMembers(pilot: name, members)
    }

    // MARK: Entries of tomorrow

    private mutating func putUnknown(_ content: inout Content) -> EntryChange {
        let name = "thing-\(chance.within(0...2))"
        content.unknown.insert(name)
        return .put(EntryKey(Self.unknownKind, name), Array("\(stamp)".utf8))
    }

    private mutating func deleteUnknown(_ content: inout Content) -> EntryChange {
        let name = "thing-\(chance.within(0...2))"
        content.unknown.remove(name)
        return .delete(EntryKey(Self.unknownKind, name))
    }
}
