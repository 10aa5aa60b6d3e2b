import Flags
import JSON

/// What is said of flags.
extension DiffLine {
    /// - Parameter key: the flag key; of a component, what is said of components.
    static func added(flag key: String, _ after: JSONValue) -> DiffLine {
        if let name = ComponentKey.component(of: key) { return added(component: name, after) }
        var parts = ["variants: " + (after["variants"]?.objectValue?.keys.joined(separator: ", ") ?? "")]
        for member in ["defaultVariant", "offVariant"] {
            if let variant = after[member]?.stringValue { parts.append("\(member): \(variant)") }
        }
        if after["state"]?.stringValue == "DISABLED" { parts.append("state: DISABLED") }
        if after["targeting"] != nil { parts.append("with targeting") }
        parts += RolloutText.parts(nil, after)
        if let text = prerequisites(nil, after["prerequisites"]) { parts.append(text) }
        return DiffLine(
            operation: .add, kind: "flag", key: key, before: nil, after: after, detail: parts.joined(separator: "; "))
    }

    static func changed(flag key: String, _ before: JSONValue, _ after: JSONValue) -> DiffLine {
        if let name = ComponentKey.component(of: key) { return changed(component: name, before, after) }
        var parts: [String] = []
        for member in ["state", "defaultVariant", "offVariant"] where before[member] != after[member] {
            parts.append("\(member): \(word(before[member])) → \(word(after[member]))")
        }
        if let text = variants(before["variants"]?.objectValue, after["variants"]?.objectValue) { parts.append(text) }
        parts += RolloutText.parts(before, after)
        if let text = prerequisites(before["prerequisites"], after["prerequisites"]) { parts.append(text) }
        parts += plain(["targeting", "metadata", "description"], before, after)
        return DiffLine(
            operation: .change, kind: "flag", key: key, before: before, after: after,
            detail: parts.isEmpty ? "changed" : parts.joined(separator: "; "))
    }

    static func removed(flag key: String, _ before: JSONValue) -> DiffLine {
        if let name = ComponentKey.component(of: key) { return removed(component: name, before) }
        return DiffLine(operation: .remove, kind: "flag", key: key, before: before, after: nil, detail: "flag removed")
    }

    /// Members that are too long to be shown.
    static func plain(_ members: [String], _ before: JSONValue, _ after: JSONValue) -> [String] {
        members.filter { before[$0] != after[$0] }.map {
            "\($0) \(before[$0] == nil ? "added" : after[$0] == nil ? "removed" : "changed")"
        }
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

    /// `requires: +new-basket=on, −old=off, +component checkout=1.1`
    private static func prerequisites(_ before: JSONValue?, _ after: JSONValue?) -> String? {
        guard before != after else { return nil }
        let (old, new) = (before?.arrayValue ?? [], after?.arrayValue ?? [])
        let signed =
            new.filter { !old.contains($0) }.map { ("+", $0) } + old.filter { !new.contains($0) }.map { ("−", $0) }
        let parts = signed.map { sign, item in
            item["component"] == nil
                ? "\(sign)\(word(item["flag"]))=\(word(item["variant"]))"
                : "\(sign)component \(word(item["component"]))=\(word(item["version"]))"
        }
        return parts.isEmpty ? "prerequisites: another order" : "requires: " + parts.joined(separator: ", ")
    }

    static func word(_ value: JSONValue?) -> String { value.map { $0.stringValue ?? short($0) } ?? "none" }

    private static func short(_ value: JSONValue) -> String {
        let text = value.compactText()
        return text.count > 40 ? text.prefix(39) + "…" : text
    }
}
