import JSON
import Replication

/// Writes changes as operators do: mostly one flag or a few members, sometimes many flags at once, sometimes a large
/// list, sometimes something that agents can't compile.
struct ChangeSource {
    private var chance: Chance
    private var stamp = 0

    /// The last two are spelled differently and look the same.
    static let flags = (0..<8).map { "flag-\($0)" } + ["caf\u{e9}", "cafe\u{301}"]
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
    mutating func next(_ content: inout Content) -> [EntryChange] {
        stamp += 1
        switch chance.within(0...99) {
        case 0..<46: return [putFlag(&content)]
        case 46..<56: return (0..<chance.within(2...5)).map { _ in putFlag(&content) }
        case 56..<61: return [deleteFlag(&content)]
        case 61..<65: return [putGroup(&content)]
        case 65..<68: return [deleteGroup(&content)]
        case 68..<78: return [addMembers(&content)]
        case 78..<84: return [removeMembers(&content)]
        case 84..<87: return [replaceMembers(&content)]
        case 87..<90: return [putFlag(&content, ballast: Int(chance.within(1_000...6_000)))]
        case 90..<97 where isSound: return [putFlag(&content)]
        case 90..<95: return [breakFlag(&content), putFlag(&content)]
        case 95..<97: return [putUnknown(&content)]
        case 97..<99: return [deleteUnknown(&content), putFlag(&content)]
        default: return [deleteGroup(&content), putGroup(&content), addMembers(&content), deleteFlag(&content)]
        }
    }

    /// A change that needs no catch-up by its size.
    mutating func small(_ content: inout Content) -> [EntryChange] {
        stamp += 1
        return [putFlag(&content)]
    }

    // MARK: Flags

    private mutating func putFlag(_ content: inout Content, ballast: Int = 0) -> EntryChange {
        let key = chance.pick(Self.flags)
        let gate = chance.happens(0.4) ? chance.pick(Self.groups) : nil
        return put(key, FlagForm(stamp: stamp, gate: gate, ballast: ballast), &content)
    }

    private mutating func breakFlag(_ content: inout Content) -> EntryChange {
        put(chance.pick(Self.flags), FlagForm(stamp: stamp, isBroken: true), &content)
    }

    private func put(_ key: String, _ form: FlagForm, _ content: inout Content) -> EntryChange {
        content.flags[ExactString(key)] = form
        return .put(EntryKey(.flag, key), form.bytes)
    }

    private mutating func deleteFlag(_ content: inout Content) -> EntryChange {
        let key = chance.pick(Self.flags)
        content.flags[ExactString(key)] = nil
        return .delete(EntryKey(.flag, key))
    }

    // MARK: Groups

    private mutating func putGroup(_ content: inout Content) -> EntryChange {
        put(group: chance.pick(Self.groups), &content)
    }

    private func put(group name: String, _ content: inout Content) -> EntryChange {
        if content.groups[name] == nil { content.groups[name] = [] }
        return .put(EntryKey(.pilot, name), Array("{\"revised\":\(stamp)}".utf8))
    }

    private mutating func deleteGroup(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        content.groups[name] = nil
        return .delete(EntryKey(.pilot, name))
    }

    /// Control refuses members of a group that isn't there; here a change makes the group instead.
    private mutating func addMembers(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        guard var members = content.groups[name] else { return put(group: name, &content) }
        let added = (0..<chance.within(1...4)).map { _ in chance.pick(Self.users) }
        members.formUnion(added)
        content.groups[name] = members
        return .addMembers(pilot: name, added)
    }

    private mutating func removeMembers(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        guard var members = content.groups[name] else { return put(group: name, &content) }
        let removed = (0..<chance.within(1...4)).map { _ in chance.pick(Self.users) }
        members.subtract(removed)
        content.groups[name] = members
        return .removeMembers(pilot: name, removed)
    }

    private mutating func replaceMembers(_ content: inout Content) -> EntryChange {
        let name = chance.pick(Self.groups)
        guard content.groups[name] != nil else { return put(group: name, &content) }
        var members = (0..<chance.within(0...6)).map { _ in chance.pick(Self.users) }
        if chance.happens(0.4) { members += (0..<chance.within(20...150)).map { "crowd-\($0)-\(stamp)" } }
        content.groups[name] = Set(members)
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
