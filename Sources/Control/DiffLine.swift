import JSON

/// One line of what a change does: for people (`detail`) and for programs (`before`, `after`).
package struct DiffLine: Sendable, Hashable {
    package enum Operation: String, Sendable { case add, change, remove }

    package var operation: Operation
    /// `flag`, `component`, `pilot`, `kill`, `component-kill`, `release`, `floor`, `component-floor` or `settings`.
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

    // MARK: What an environment was made with

    static func settings(_ key: String, _ before: JSONValue?, _ after: JSONValue) -> DiffLine {
        let members = after.objectValue?.map { "\($0.key): \($0.value.stringValue ?? $0.value.compactText())" } ?? []
        return DiffLine(
            operation: before == nil ? .add : .change, kind: "settings", key: key, before: before, after: after,
            detail: members.joined(separator: "; "))
    }
}
