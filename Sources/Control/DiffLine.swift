import JSON

/// One line of what a change does: for people (`detail`) and for programs (`before`, `after`).
package struct DiffLine: Sendable, Hashable {
    package enum Operation: String, Sendable { case add, change, remove }

    package var operation: Operation
    /// `flag`, `pilot` or `settings`.
    package var kind: String
    package var key: String
    package var before: JSONValue?
    package var after: JSONValue?
    package var detail: String

    /// Without the definitions.
    package var briefJSON: JSONValue {
        .object([
            "op": .string(operation.rawValue), "kind": .string(kind), "key": .string(key), "detail": .string(detail),
        ])
    }

    package var json: JSONValue {
        .object([
            "op": .string(operation.rawValue), "kind": .string(kind), "key": .string(key),
            "before": before ?? .null, "after": after ?? .null, "detail": .string(detail),
        ])
    }

    // MARK: Flags

    static func added(flag key: String, _ after: JSONValue) -> DiffLine {
        var parts = ["variants: " + (after["variants"]?.objectValue?.keys.joined(separator: ", ") ?? "")]
        if let variant = after["defaultVariant"]?.stringValue { parts.append("defaultVariant: \(variant)") }
        if after["state"]?.stringValue == "DISABLED" { parts.append("state: DISABLED") }
        if after["targeting"] != nil { parts.append("with targeting") }
        return DiffLine(
            operation: .add, kind: "flag", key: key, before: nil, after: after, detail: parts.joined(separator: "; "))
    }

    static func changed(flag key: String, _ before: JSONValue, _ after: JSONValue) -> DiffLine {
        var parts: [String] = []
        for member in ["state", "defaultVariant"] where before[member] != after[member] {
            parts.append("\(member): \(word(before[member])) → \(word(after[member]))")
        }
        if let text = variants(before["variants"]?.objectValue, after["variants"]?.objectValue) { parts.append(text) }
        for member in ["targeting", "metadata", "description"] where before[member] != after[member] {
            parts.append(
                before[member] == nil
                    ? "\(member) added" : after[member] == nil ? "\(member) removed" : "\(member) changed")
        }
        return DiffLine(
            operation: .change, kind: "flag", key: key, before: before, after: after,
            detail: parts.isEmpty ? "changed" : parts.joined(separator: "; "))
    }

    static func removed(flag key: String, _ before: JSONValue) -> DiffLine {
        DiffLine(operation: .remove, kind: "flag", key: key, before: before, after: nil, detail: "flag removed")
    }

    private static func variants(_ before: JSONObject?, _ after: JSONObject?) -> String? {
        let old = before ?? [:]
        let new = after ?? [:]
        var parts: [String] = []
        for member in new where old[member.key] == nil { parts.append("+\(member.key)") }
        for member in old where new[member.key] == nil { parts.append("−\(member.key)") }
        for member in new {
            guard let value = old[member.key], value != member.value else { continue }
            parts.append("\(member.key): \(short(value)) → \(short(member.value))")
        }
        return parts.isEmpty ? nil : "variants: " + parts.joined(separator: ", ")
    }

    private static func word(_ value: JSONValue?) -> String { value.map { $0.stringValue ?? short($0) } ?? "none" }

    private static func short(_ value: JSONValue) -> String {
        let text = value.compactText()
        return text.count > 40 ? text.prefix(39) + "…" : text
    }

    // MARK: What an environment was made with

    static func settings(_ key: String, _ before: JSONValue?, _ after: JSONValue) -> DiffLine {
        let members = after.objectValue?.map { "\($0.key): \($0.value.stringValue ?? $0.value.compactText())" } ?? []
        return DiffLine(
            operation: before == nil ? .add : .change, kind: "settings", key: key, before: before, after: after,
            detail: members.joined(separator: "; "))
    }

    // MARK: Pilot groups: lists may be long, so that they show as counts with a few names

    static func added(pilot: String, members: [String]) -> DiffLine {
        DiffLine(
            operation: .add, kind: "pilot", key: pilot, before: nil, after: count(members.count),
            detail: members.isEmpty ? "no members" : "\(plural(members.count)): \(few(members))")
    }

    static func changed(pilot: String, before: Int, added: [String], removed: [String]) -> DiffLine {
        var parts: [String] = []
        if !added.isEmpty { parts.append("+\(plural(added.count)): \(few(added))") }
        if !removed.isEmpty { parts.append("−\(plural(removed.count)): \(few(removed))") }
        return DiffLine(
            operation: .change, kind: "pilot", key: pilot, before: count(before),
            after: count(before + added.count - removed.count), detail: parts.joined(separator: "; "))
    }

    static func removed(pilot: String, members: Int) -> DiffLine {
        DiffLine(
            operation: .remove, kind: "pilot", key: pilot, before: count(members), after: nil,
            detail: "pilot group removed, with \(plural(members))")
    }

    private static func count(_ members: Int) -> JSONValue { .object(["members": .integer(Int64(members))]) }

    private static func plural(_ count: Int) -> String { count == 1 ? "1 member" : "\(count) members" }

    private static func few(_ members: [String]) -> String {
        members.sorted().prefix(5).joined(separator: ", ") + (members.count > 5 ? ", …" : "")
    }
}
