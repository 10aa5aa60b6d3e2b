import Flags
import JSON

/// One member of a definition that a launch changed: what it was and what it became.
package struct LaunchEdit: Sendable, Hashable {
    /// The flag key.
    package var flag: String
    package var member: String
    /// Nil: there was none.
    package var before: JSONValue?
    /// Nil: it was taken out.
    package var after: JSONValue?
    /// Versions that it named before and that were retired then already.
    package var retired: [String]

    package init(flag: String, member: String, before: JSONValue?, after: JSONValue?, retired: [String] = []) {
        self.flag = flag
        self.member = member
        self.before = before
        self.after = after
        self.retired = retired
    }

    // MARK: There

    /// What a definition becomes when everyone gets the variant: the default moves, whatever else gave some users something
    /// goes. A flag without an off variant keeps what a kill served until now.
    package static func launch(
        _ change: FlagVariant, _ definition: JSONValue
    ) -> (definition: JSONValue, edits: [LaunchEdit]) {
        guard case .object(let before) = definition else { return (definition, []) }
        var after = before
        if ComponentKey.isComponent(change.flag) {
            after["defaultVersion"] = .string(change.variant)
            for member in ["rollout", "split", "pilots"] { after[member] = nil }
        } else {
            if before.value("offVariant") == nil, let old = before.value("defaultVariant"),
                old != .string(change.variant)
            {
                after["offVariant"] = old
            }
            after["defaultVariant"] = .string(change.variant)
            after["rollout"] = nil
        }
        let members = ["defaultVersion", "defaultVariant", "offVariant", "rollout", "split", "pilots"]
        let edits = members.filter { before[$0] != after[$0] }.map { member in
            var edit = LaunchEdit(flag: change.flag, member: member, before: before[member], after: after[member])
            edit.retired = edit.named.filter { Self.isRetired($0, in: before) }
            return edit
        }
        return (.object(after), edits)
    }

    // MARK: And back

    /// Takes edits of one definition back: members that still are what the launch made of them become what they were.
    ///
    /// - Parameters:
    ///   - definition: as it is now; nil where it is gone.
    ///   - lost: pilot groups that are gone.
    /// - Returns: the definition with all those taken back that can be, and a line for each that can't.
    package static func undo(
        _ edits: [LaunchEdit], _ definition: JSONValue?, without lost: [String] = []
    ) -> (definition: JSONValue?, conflicts: [String]) {
        guard let first = edits.first else { return (definition, []) }
        let title = ComponentKey.title(of: first.flag)
        guard let definition, case .object(let before) = definition else {
            return (definition, ["\(title) is gone"])
        }
        var after = before
        var conflicts: [String] = []
        for edit in edits where before[edit.member] != edit.before {
            guard before[edit.member] == edit.after else {
                conflicts.append(
                    "\(title): its \(edit.member) was changed since: it is \(edit.text(before[edit.member])), "
                        + "the release made it \(edit.text(edit.after)) and it was \(edit.text(edit.before))")
                continue
            }
            if let missing = edit.missing(in: before, without: lost) {
                conflicts.append("\(title): its \(edit.member) can't be \(edit.text(edit.before)) again: \(missing)")
                continue
            }
            after[edit.member] = edit.before
        }
        return (.object(after), conflicts)
    }

    /// Why what it was can't be again: a variant, a version or a pilot group is gone, or a version retired since.
    private func missing(in definition: JSONObject, without lost: [String]) -> String? {
        let isComponent = ComponentKey.isComponent(flag)
        let known = definition[isComponent ? "versions" : "variants"]?.objectValue ?? [:]
        for name in named where known[name] == nil {
            return "there is no \(isComponent ? "version" : "variant") \"\(name)\" any more"
        }
        let isRetired = named.first { Self.isRetired($0, in: definition) && !retired.contains($0) }
        if let isRetired { return "version \"\(isRetired)\" is retired" }
        let group = pilotsBefore.first { lost.contains($0) }
        return group.map { "there is no pilot group \"\($0)\" any more" }
    }

    /// False for a variant.
    private static func isRetired(_ version: String, in definition: JSONObject) -> Bool {
        definition["versions"]?[version]?["state"]?.stringValue == ComponentVersion.State.retired.rawValue
    }

    /// Pilot groups that the member named before.
    package var pilotsBefore: [String] {
        switch member {
        case "rollout":
            [before?["pilots"], before?["exclude"]?["pilots"]].flatMap { $0?.arrayValue ?? [] }.compactMap(
                \.stringValue)
        case "pilots": (before?.arrayValue ?? []).compactMap { $0["pilot"]?.stringValue }
        default: []
        }
    }

    /// Variants or versions that the member before names.
    private var named: [String] {
        switch (member, before) {
        case (_, .string(let name)?): [name]
        case ("rollout", let rollout?): [rollout["variant"]?.stringValue].compactMap { $0 }
        case ("split", .array(let runs)?): runs.compactMap { $0.arrayValue?.first?.stringValue }
        case ("pilots", .array(let lines)?): lines.compactMap { $0["version"]?.stringValue }
        default: []
        }
    }

    /// A value of the member, in words: of a split each version's share.
    private func text(_ value: JSONValue?) -> String {
        guard let value else { return "none" }
        if member == "split", let split = VersionSplit(value) {
            let shares = split.shares.map { "\($0.version) \($0.percentage.text)" }
            return shares.isEmpty ? "all the default version's" : shares.joined(separator: ", ")
        }
        let text = value.compactText()
        return text.utf8.count > 120 ? "another" : text
    }

    // MARK: As stored

    var json: JSONValue {
        var object: JSONObject = ["member": .string(member)]
        if let component = ComponentKey.component(of: flag) {
            object["component"] = .string(component)
        } else {
            object["flag"] = .string(flag)
        }
        if let before { object["before"] = before }
        if let after { object["after"] = after }
        if !retired.isEmpty { object["retired"] = .array(retired.map { .string($0) }) }
        return .object(object)
    }

    /// Nil for another shape.
    init?(_ json: JSONValue) {
        let component = json["component"]?.stringValue.map { ComponentKey.flagKey(of: $0) }
        guard let flag = json["flag"]?.stringValue ?? component, let member = json["member"]?.stringValue else {
            return nil
        }
        self.init(
            flag: flag, member: member, before: json["before"], after: json["after"],
            retired: (json["retired"]?.arrayValue ?? []).compactMap(\.stringValue))
    }
}
