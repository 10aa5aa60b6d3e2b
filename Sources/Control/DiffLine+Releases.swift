import Flags
import JSON

/// What is said of releases that agents are told of, and of what launched ones leave behind.
extension DiffLine {
    /// `50 %, pilots: staff; checkout=1.4.2, new-basket=on; requires: checkout >= 1.4.2; opens 2026-…`
    static func shown(release name: String, _ before: JSONValue?, _ after: JSONValue) -> DiffLine {
        DiffLine(
            operation: before == nil ? .add : .change, kind: "release", key: name, before: before, after: after,
            detail: before.map { changed($0, after) } ?? parts(after).joined(separator: "; "))
    }

    static func concealed(release name: String, _ before: JSONValue) -> DiffLine {
        DiffLine(
            operation: .remove, kind: "release", key: name, before: before, after: nil,
            detail: "agents no longer know of it")
    }

    /// - Parameter key: the flag key.
    static func floor(_ key: String, _ before: JSONValue?, _ after: JSONValue) -> DiffLine {
        let subject = Subject(key)
        let requires = texts(after["requires"])
        return DiffLine(
            operation: before == nil ? .add : .change, kind: subject.floorKind, key: subject.name, before: before,
            after: after, detail: "as before \(word(after["release"])) for agents that aren't \(requires)")
    }

    static func noFloor(_ key: String, _ before: JSONValue) -> DiffLine {
        let subject = Subject(key)
        return DiffLine(
            operation: .remove, kind: subject.floorKind, key: subject.name, before: before, after: nil,
            detail: "the same for agents of every version")
    }

    private static func changed(_ before: JSONValue, _ after: JSONValue) -> String {
        let (old, new) = (parts(before), parts(after))
        let kept = Set(old)
        let parts = new.filter { !kept.contains($0) }
        return parts.isEmpty ? "changed" : parts.joined(separator: "; ")
    }

    private static func parts(_ release: JSONValue) -> [String] {
        let stage = release["stage"]
        let share = stage?["percentage"].flatMap { Percentage($0)?.text } ?? "0 %"
        var parts = ["stage: \(share)"]
        let pilots = texts(stage?["pilots"])
        if !pilots.isEmpty { parts[0] += ", pilots: \(pilots)" }
        let changes = release["changes"]?.arrayValue?.compactMap { FlagVariant($0) } ?? []
        parts.append(changes.map { "\(Subject($0.flag).name)=\($0.variant)" }.joined(separator: ", "))
        if release["requires"] != nil { parts.append("requires: \(texts(release["requires"]))") }
        if let opens = release["opens"]?.integerValue {
            parts.append("opens: \(HistoryEntry.text(ofTime: UInt64(clamping: opens) * 1_000))")
        }
        return parts
    }

    private static func texts(_ list: JSONValue?) -> String {
        (list?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
    }
}
