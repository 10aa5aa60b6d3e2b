import Flags
import JSON

/// One thing wrong with one document, with its place: what an operator reads, and an editor jumps to.
package struct PlacedProblem: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable { case error, warning }

    package var document: String
    /// RFC 6901, from the document's root; empty for the whole document.
    package var pointer: String
    /// 1-based; nil where the document has no such place (a member that is missing altogether has its parent's).
    package var position: JSONPosition?
    package var message: String
    package var hint: String?
    package var severity: Severity

    package init(
        document: String, pointer: String = "", position: JSONPosition? = nil, message: String, hint: String? = nil,
        severity: Severity = .error
    ) {
        self.document = document
        self.pointer = pointer
        self.position = position
        self.message = message
        self.hint = hint
        self.severity = severity
    }

    /// - Parameter levels: how many of the pointer's tokens are left out at its beginning.
    init(_ problem: Problem, in document: String, at position: JSONPosition? = nil, above levels: Int = 0) {
        self.init(
            document: document,
            pointer: JSONPointer(tokens: Array(problem.pointer.tokens.dropFirst(levels))).description,
            position: position, message: problem.message, hint: problem.hint,
            severity: problem.severity == .warning ? .warning : .error)
    }

    package var json: JSONValue {
        .object([
            "document": .string(document),
            "pointer": .string(pointer),
            "line": position.map { .integer(Int64($0.line)) } ?? .null,
            "column": position.map { .integer(Int64($0.column)) } ?? .null,
            "message": .string(message),
            "hint": hint.map { .string($0) } ?? .null,
            "severity": .string(severity.rawValue),
        ])
    }

    /// `flags.json:3:7: /flags/checkout/defaultVariant: no such variant; did you mean "on"?`
    package var description: String {
        var text = document
        if let position { text += ":\(position.line):\(position.column)" }
        if !pointer.isEmpty { text += ": \(pointer)" }
        text += ": \(message)"
        if let hint { text += "; \(hint)" }
        return text
    }
}
