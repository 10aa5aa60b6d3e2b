import JSON

/// What is said of pilot groups: their lists may be long, so that they show as counts with a few names.
extension DiffLine {
    /// - Parameter terms: the stored definition.
    static func added(pilot: String, _ terms: JSONValue, members: [String]) -> DiffLine {
        var parts = changes([:], terms)
        if !members.isEmpty { parts.append("\(plural(members.count)): \(few(members))") }
        return DiffLine(
            operation: .add, kind: "pilot", key: pilot, before: nil, after: shown(terms, members.count),
            detail: parts.isEmpty ? "no members" : parts.joined(separator: "; "))
    }

    /// - Parameter count: of members before.
    static func changed(
        pilot: String, _ before: JSONValue, _ after: JSONValue, count: Int, added: [String], removed: [String]
    ) -> DiffLine {
        var parts = changes(before, after)
        if !added.isEmpty { parts.append("+\(plural(added.count)): \(few(added))") }
        if !removed.isEmpty { parts.append("−\(plural(removed.count)): \(few(removed))") }
        return DiffLine(
            operation: .change, kind: "pilot", key: pilot, before: shown(before, count),
            after: shown(after, count + added.count - removed.count), detail: parts.joined(separator: "; "))
    }

    static func removed(pilot: String, _ terms: JSONValue, members: Int) -> DiffLine {
        DiffLine(
            operation: .remove, kind: "pilot", key: pilot, before: shown(terms, members), after: nil,
            detail: "pilot group removed, with \(plural(members))")
    }

    /// The definition, with how many members there are.
    private static func shown(_ terms: JSONValue, _ members: Int) -> JSONValue {
        var object = terms.objectValue ?? [:]
        object["members"] = .integer(Int64(members))
        return .object(object)
    }

    private static func changes(_ before: JSONValue, _ after: JSONValue) -> [String] {
        var parts: [String] = []
        if before["rule"] != after["rule"] {
            parts.append("rule \(before["rule"] == nil ? "added" : after["rule"] == nil ? "removed" : "changed")")
        }
        if before["percentage"] != after["percentage"] {
            let texts = [before, after].map { RolloutText.percentage($0["percentage"]) }
            parts.append("percentage: \(texts[0]) → \(texts[1])")
        }
        let old = before["exclude"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let new = after["exclude"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if old != new {
            let signed = RolloutText.signed(old, new)
            parts.append("exclude: " + (signed.isEmpty ? "another order" : RolloutText.few(signed)))
        }
        return parts
    }

    private static func plural(_ count: Int) -> String { count == 1 ? "1 member" : "\(count) members" }

    private static func few(_ members: [String]) -> String {
        members.sorted().prefix(5).joined(separator: ", ") + (members.count > 5 ? ", …" : "")
    }
}
