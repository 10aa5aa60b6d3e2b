import Flags
import HashTreeCollections
import JSON
import Replication

/// What a request comes to on a given state: the steps, and what to say of them. Pure; where the request can't be done it
/// is refused with everything that is wrong.
struct ChangePlan: Sendable {
    var changes: [EntryChange] = []
    var created: [EntryKey] = []
    var deleted: [EntryKey] = []
    /// Flags whose definition was put, with the pilot groups that their targeting names.
    var references: [(flag: String, pilots: Set<String>)] = []
    /// What was created belongs to this set.
    var set: String?
    var diff: [DiffLine] = []
    var warnings: [PlacedProblem] = []
    var prunable: [EntryKey] = []
    var needsConfirmation = false
    var changedMembers = 0

    /// `state.log.staged` is what the request meets.
    static func make(_ kind: ChangeRequest.Kind, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        switch kind {
        case .apply(let request): try ApplyPlan.make(request, on: state)
        case .setDefault(let flag, let variant): try setDefault(flag, variant, state)
        case .setState(let flag, let enabled): try setState(flag, enabled, state)
        case .deleteFlag(let flag): try deleteFlag(flag, state)
        case .createPilot(let name): try createPilot(name, state)
        case .deletePilot(let name): try deletePilot(name, state)
        case .addMembers(let pilot, let members): try addMembers(pilot, members, state)
        case .removeMembers(let pilot, let members): try removeMembers(pilot, members, state)
        case .rollback(let request): try RollbackPlan.make(request, on: state)
        case .promote(let request): try PromotePlan.make(request, on: state)
        }
    }

    // MARK: Flags

    private static func setDefault(
        _ key: String, _ variant: String, _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let before = try definition(key, state)
        let variants = before["variants"]?.objectValue ?? [:]
        guard variants[variant] != nil else {
            throw Refusal(
                .invalid, "No such variant", detail: "flag \"\(key)\" has no variant \"\(variant)\"",
                hint: NearestName.hint(
                    for: variant, among: Array(variants.keys),
                    fallback: "`pilotlight flag show \(key)` shows its variants"))
        }
        return edit(key, before, "defaultVariant", .string(variant))
    }

    private static func setState(
        _ key: String, _ enabled: Bool, _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        edit(key, try definition(key, state), "state", .string(enabled ? "ENABLED" : "DISABLED"))
    }

    private static func edit(_ key: String, _ before: JSONValue, _ member: String, _ value: JSONValue) -> ChangePlan {
        var plan = ChangePlan()
        guard before[member] != value, var object = before.objectValue else { return plan }
        object[member] = value
        let after = JSONValue.object(object)
        plan.changes = [.put(EntryKey(.flag, key), after.canonicalBytes())]
        plan.diff = [.changed(flag: key, before, after)]
        return plan
    }

    private static func deleteFlag(_ key: String, _ state: EnvironmentState) throws(Refusal) -> ChangePlan {
        let before = try definition(key, state)
        var plan = ChangePlan()
        let entry = EntryKey(.flag, key)
        plan.changes = [.delete(entry)]
        plan.deleted = [entry]
        plan.diff = [.removed(flag: key, before)]
        return plan
    }

    /// A flag's definition as stored.
    private static func definition(_ key: String, _ state: EnvironmentState) throws(Refusal) -> JSONValue {
        guard let bytes = state.log.staged.bytes(of: EntryKey(.flag, key)) else {
            throw .unknownFlag(key, in: state.log.staged)
        }
        return StoredFlag.json(bytes)
    }

    // MARK: Pilot groups

    /// A group's own definition. Its members are entries of their own.
    static let pilotBytes = Array("{}".utf8)

    private static func createPilot(_ name: String, _ state: EnvironmentState) throws(Refusal) -> ChangePlan {
        if let reason = PilotDefinition.fault(inName: name) {
            throw Refusal(.invalid, "Not a pilot group's name", detail: reason, hint: "as in beta-users")
        }
        let entry = EntryKey(.pilot, name)
        guard state.log.staged.entries[entry] == nil else {
            throw Refusal(
                .conflict, "Pilot group exists", detail: "there is a pilot group \"\(name)\" already",
                hint: "add members to it: pilotlight pilot add \(name) MEMBER…")
        }
        var plan = ChangePlan()
        plan.changes = [.put(entry, pilotBytes)]
        plan.created = [entry]
        plan.diff = [.added(pilot: name, members: [])]
        return plan
    }

    private static func deletePilot(_ name: String, _ state: EnvironmentState) throws(Refusal) -> ChangePlan {
        try known(name, state)
        let flags = state.references.flags(using: name)
        guard flags.isEmpty else {
            throw Refusal(
                .conflict, "Pilot group is in use",
                detail: "the targeting of \(flags.count) flag\(flags.count == 1 ? "" : "s") refers to \"\(name)\": "
                    + flags.joined(separator: ", "),
                hint: "change or delete these flags first",
                members: ["flags": .array(flags.map { .string($0) })])
        }
        var plan = ChangePlan()
        let entry = EntryKey(.pilot, name)
        plan.changes = [.delete(entry)]
        plan.deleted = [entry]
        plan.diff = [.removed(pilot: name, members: state.log.staged.pilots[name]?.count ?? 0)]
        return plan
    }

    private static func addMembers(
        _ pilot: String, _ members: [String], _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        try known(pilot, state)
        try check(members)
        let present = state.log.staged.pilots[pilot]?.members.names ?? []
        var seen: Set<ExactString> = []
        let added = members.filter {
            let member = ExactString($0)
            return !present.contains(member) && seen.insert(member).inserted
        }
        var plan = ChangePlan()
        guard !added.isEmpty else { return plan }
        plan.changes = [.addMembers(pilot: pilot, added)]
        plan.diff = [.changed(pilot: pilot, before: present.count, added: added, removed: [])]
        plan.changedMembers = added.count
        return plan
    }

    private static func removeMembers(
        _ pilot: String, _ members: [String], _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        try known(pilot, state)
        try check(members)
        let present = state.log.staged.pilots[pilot]?.members.names ?? []
        var seen: Set<ExactString> = []
        let removed = members.filter {
            let member = ExactString($0)
            return present.contains(member) && seen.insert(member).inserted
        }
        var plan = ChangePlan()
        guard !removed.isEmpty else { return plan }
        plan.changes = [.removeMembers(pilot: pilot, removed)]
        plan.diff = [.changed(pilot: pilot, before: present.count, added: [], removed: removed)]
        plan.changedMembers = removed.count
        return plan
    }

    private static func known(_ pilot: String, _ state: EnvironmentState) throws(Refusal) {
        guard state.log.staged.entries[EntryKey(.pilot, pilot)] != nil else {
            throw .unknownPilot(pilot, in: state.log.staged)
        }
    }

    private static func check(_ members: [String]) throws(Refusal) {
        for member in members {
            guard let reason = PilotDefinition.fault(inMember: member) else { continue }
            throw Refusal(
                .invalid, "Not a member", detail: reason, hint: "a member is what services send as targeting key")
        }
    }
}

/// A flag's stored bytes, read back.
enum StoredFlag {
    /// Null for bytes that aren't JSON: the store's digest check leaves no way to that.
    static func json(_ bytes: [UInt8]) -> JSONValue { JSONReader.read(bytes).value ?? .null }
}
