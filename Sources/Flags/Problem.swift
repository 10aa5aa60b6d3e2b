import JSON

/// One thing wrong in a document, where it stands and what to do about it.
package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable, Hashable {
        /// The document is refused.
        case error
        /// The document is accepted; what is said here happens when the place is reached.
        case warning
    }

    package var severity: Severity
    package var pointer: JSONPointer
    package var message: String
    package var hint: String?

    package init(severity: Severity = .error, pointer: JSONPointer, message: String, hint: String? = nil) {
        self.severity = severity
        self.pointer = pointer
        self.message = message
        self.hint = hint
    }

    package var description: String {
        let place = pointer.tokens.isEmpty ? "the document" : pointer.description
        return "\(place): \(message)" + (hint.map { "; \($0)" } ?? "")
    }
}
