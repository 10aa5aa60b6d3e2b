import Flags
import HashTreeCollections
import JSON
import Replication

/// What making, editing or deleting a pilot group comes to, and adding and removing members.
enum PilotPlan {
    /// - Parameter terms: what it has besides members.
    static func create(
        _ name: String, _ terms: JSONObject, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        if let reason = PilotDefinition.fault(inName: name) {
            throw Refusal(.invalid, "Not a pilot group's name", detail: reason, hint: "as in beta-users")
        }
        let entry = EntryKey(.pilot, name)
        guard state.log.staged.entries[entry] == nil else {
            throw Refusal(
                .conflict, "Pilot group exists", detail: "there is a pilot group \"\(name)\" already",
                hint: "add members to it: pilotlight pilot add \(name) MEMBER…")
        }
        let bytes = try read(name, JSONObject().replaced(by: terms), instead: [:]).storedBytes
        var plan = ChangePlan()
        plan.bring(pilot: name, bytes, members: [], state)
        return plan
    }

    /// - Parameter terms: what is to be replaced; null takes it out.
    static func edit(_ name: String, _ terms: JSONObject, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        let bytes = try stored(name, state)
        let before = StoredFlag.json(bytes).objectValue ?? [:]
        let after = try read(name, before.replaced(by: terms), instead: before).storedBytes
        var plan = ChangePlan()
        plan.bring(pilot: name, after, members: state.log.staged.pilots[name]?.members.names ?? [], state)
        return plan
    }

    /// As `DefinitionCheck` has it for flags and components.
    private static func read(
        _ name: String, _ object: JSONObject, instead before: JSONObject
    ) throws(Refusal) -> PilotDefinition {
        let (group, problems) = read(name, object, lenient: false)
        try DefinitionCheck.refuse(
            problems, besides: read(name, before, lenient: false).problems, in: "pilot group \"\(name)\"",
            "Pilot group refused", "can't be so", above: 2)
        guard let group = group ?? read(name, object, lenient: true).group else {
            throw Refusal(
                .failed, "Pilot group can't be read", detail: "the pilot group \"\(name)\" can't be read",
                hint: "apply it anew")
        }
        return group
    }

    private static func read(
        _ name: String, _ object: JSONObject, lenient: Bool
    ) -> (group: PilotDefinition?, problems: [Problem]) {
        var object = object
        object["members"] = []
        var problems: [Problem] = []
        let document = FlagDocument.read(
            ["pilots": .object([name: .object(object)])], lenient: lenient, knownPilots: { _ in true },
            problems: &problems)
        return (document.pilots.first, problems)
    }

    static func delete(_ name: String, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        _ = try stored(name, state)
        let users = state.references.flags(using: name)
        guard users.isEmpty else {
            let (flags, components) = users.subjects
            var members: JSONObject = ["flags": .array(flags.map { .string($0) })]
            if !components.isEmpty { members["components"] = .array(components.map { .string($0) }) }
            throw Refusal(
                .conflict, "Pilot group is in use",
                detail: "\(users.counted) refer\(users.count == 1 ? "s" : "") to \"\(name)\": "
                    + (flags + components).joined(separator: ", "),
                hint: "change or delete \(users.titles) first", members: members)
        }
        var plan = ChangePlan()
        plan.drop(EntryKey(.pilot, name), state)
        return plan
    }

    // MARK: Members

    static func add(_ members: [String], to pilot: String, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        try change(pilot, members, state) { present, member in
            !present.contains(member)
        } into: {
            (.addMembers(pilot: pilot, $0), added: $0, removed: [])
        }
    }

    static func remove(
        _ members: [String], from pilot: String, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        try change(pilot, members, state) { present, member in
            present.contains(member)
        } into: {
            (.removeMembers(pilot: pilot, $0), added: [], removed: $0)
        }
    }

    private static func change(
        _ pilot: String, _ members: [String], _ state: EnvironmentState,
        where concerns: (TreeSet<ExactString>, ExactString) -> Bool,
        into step: ([String]) -> (change: EntryChange, added: [String], removed: [String])
    ) throws(Refusal) -> ChangePlan {
        let definition = StoredFlag.json(try stored(pilot, state))
        try check(members)
        let present = state.log.staged.pilots[pilot]?.members.names ?? []
        var seen: Set<ExactString> = []
        let concerned = members.filter {
            let member = ExactString($0)
            return concerns(present, member) && seen.insert(member).inserted
        }
        var plan = ChangePlan()
        guard !concerned.isEmpty else { return plan }
        let (change, added, removed) = step(concerned)
        plan.changes = [change]
        plan.diff = [
            .changed(
                pilot: pilot, definition, definition, count: present.count, added: added, removed: removed)
        ]
        plan.changedMembers = concerned.count
        return plan
    }

    private static func check(_ members: [String]) throws(Refusal) {
        for member in members {
            guard let reason = PilotDefinition.fault(inMember: member) else { continue }
            throw Refusal(
                .invalid, "Not a member", detail: reason, hint: "a member is what services send as targeting key")
        }
    }

    /// The bytes of a group that is there.
    private static func stored(_ pilot: String, _ state: EnvironmentState) throws(Refusal) -> [UInt8] {
        guard let bytes = state.log.staged.bytes(of: EntryKey(.pilot, pilot)) else {
            throw .unknownPilot(pilot, in: state.log.staged)
        }
        return bytes
    }
}

extension JSONObject {
    /// With other members laid over these; null takes one out.
    fileprivate func replaced(by other: JSONObject) -> JSONObject {
        var object = self
        for member in other { object[member.key] = member.value == .null ? nil : member.value }
        return object
    }
}
