import Flags
import JSON

/// What is said of components: a split shows as shares, whatever its slots are.
extension DiffLine {
    static func added(component name: String, _ after: JSONValue) -> DiffLine {
        let versions = sorted(after["versions"]).map { version, definition in
            let notes = [upstream(definition), isRetired(definition) ? "retired" : nil].compactMap { $0 }
            return notes.isEmpty ? version : "\(version) (\(notes.joined(separator: ", ")))"
        }
        var parts = ["versions: " + versions.joined(separator: ", ")]
        parts.append("defaultVersion: \(word(after["defaultVersion"]))")
        let pilots = pilots(after).map { "\($0.pilot)=\($0.version)" }
        if !pilots.isEmpty { parts.append("pilots: " + RolloutText.few(pilots)) }
        parts += splitParts(nil, after["split"]) + RolloutText.parts(nil, after)
        return DiffLine(
            operation: .add, kind: "component", key: name, before: nil, after: after,
            detail: parts.joined(separator: "; "))
    }

    static func changed(component name: String, _ before: JSONValue, _ after: JSONValue) -> DiffLine {
        var parts: [String] = []
        if let text = versions(before["versions"], after["versions"]) { parts.append(text) }
        if before["defaultVersion"] != after["defaultVersion"] {
            parts.append("defaultVersion: \(word(before["defaultVersion"])) → \(word(after["defaultVersion"]))")
        }
        if let text = pilots(before, after) { parts.append(text) }
        parts += splitParts(before["split"], after["split"]) + RolloutText.parts(before, after)
        for (member, usual) in [("bucketBy", "targetingKey"), ("salt", "its own")]
        where before[member] != after[member] {
            let texts = [before, after].map { $0[member]?.stringValue ?? usual }
            parts.append("\(member): \(texts[0]) → \(texts[1])")
        }
        parts += plain(["metadata", "description"], before, after)
        return DiffLine(
            operation: .change, kind: "component", key: name, before: before, after: after,
            detail: parts.isEmpty ? "changed" : parts.joined(separator: "; "))
    }

    static func removed(component name: String, _ before: JSONValue) -> DiffLine {
        DiffLine(
            operation: .remove, kind: "component", key: name, before: before, after: nil, detail: "component removed")
    }

    // MARK: Versions

    /// `versions: +1.1 (green), −0.9, 1.0 retired, 1.0: blue → cyan`
    private static func versions(_ before: JSONValue?, _ after: JSONValue?) -> String? {
        var parts: [String] = []
        for (version, definition) in sorted(after) where before?[version] == nil {
            parts.append("+\(version)" + (upstream(definition).map { " (\($0))" } ?? ""))
        }
        for (version, _) in sorted(before) where after?[version] == nil { parts.append("−\(version)") }
        for (version, new) in sorted(after) {
            guard let old = before?[version] else { continue }
            if isRetired(old) != isRetired(new) { parts.append("\(version) \(isRetired(new) ? "retired" : "back")") }
            if upstream(old) != upstream(new) {
                parts.append("\(version): \(upstream(old) ?? "none") → \(upstream(new) ?? "none")")
            }
        }
        return parts.isEmpty ? nil : "versions: " + parts.joined(separator: ", ")
    }

    private static func sorted(_ versions: JSONValue?) -> [(version: String, definition: JSONValue)] {
        (versions?.objectValue?.map { ($0.key, $0.value) } ?? [])
            .sorted { ComponentVersion.precedes($0.version, $1.version) }
    }

    private static func upstream(_ version: JSONValue) -> String? { version["upstream"]?.stringValue }

    private static func isRetired(_ version: JSONValue) -> Bool { version["state"]?.stringValue == "RETIRED" }

    // MARK: Who gets which

    private static func pilots(_ component: JSONValue) -> [(pilot: String, version: String)] {
        component["pilots"]?.arrayValue?.compactMap { item in
            guard let pilot = item["pilot"]?.stringValue, let version = item["version"]?.stringValue else { return nil }
            return (pilot, version)
        } ?? []
    }

    /// `pilots: +early=1.1, −staff=1.0, beta: 1.0 → 1.1`
    private static func pilots(_ before: JSONValue, _ after: JSONValue) -> String? {
        guard before["pilots"] != after["pilots"] else { return nil }
        let (old, new) = (pilots(before), pilots(after))
        var parts: [String] = []
        for item in new where !old.contains(where: { $0.pilot == item.pilot }) {
            parts.append("+\(item.pilot)=\(item.version)")
        }
        for item in old where !new.contains(where: { $0.pilot == item.pilot }) {
            parts.append("−\(item.pilot)=\(item.version)")
        }
        for item in new {
            guard let earlier = old.first(where: { $0.pilot == item.pilot }), earlier.version != item.version else {
                continue
            }
            parts.append("\(item.pilot): \(earlier.version) → \(item.version)")
        }
        return "pilots: " + (parts.isEmpty ? "another order" : RolloutText.few(parts))
    }

    /// `split: 1.0 90 % → 80 %, 1.1 10 % → 20 %`
    private static func splitParts(_ before: JSONValue?, _ after: JSONValue?) -> [String] {
        guard before != after else { return [] }
        let (old, new) = (shares(before), shares(after))
        let versions = Set(old.keys).union(new.keys).sorted(by: ComponentVersion.precedes)
        func text(_ slots: Int?) -> String { Percentage(hundredths: slots ?? 0)?.text ?? "" }
        let whole = { (shares: [String: Int]) in
            shares.isEmpty
                ? "all the default version's"
                : versions.filter { shares[$0] != nil }.map { "\($0) \(text(shares[$0]))" }.joined(separator: ", ")
        }
        guard before != nil else { return ["split: " + whole(new)] }
        guard after != nil else { return ["split removed (\(whole(old)))"] }
        let moved = versions.filter { old[$0] != new[$0] }.map { "\($0) \(text(old[$0])) → \(text(new[$0]))" }
        return ["split: " + (moved.isEmpty ? "other slots" : moved.joined(separator: ", "))]
    }

    /// How many slots each version has; those of the default version aren't named.
    private static func shares(_ split: JSONValue?) -> [String: Int] {
        Dictionary(
            (VersionSplit(split)?.shares ?? []).map { ($0.version, $0.percentage.hundredths) },
            uniquingKeysWith: { _, last in last })
    }
}
