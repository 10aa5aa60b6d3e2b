/// Stored bytes that give no flag, component or pilot group here, although control accepted them.
package struct NotCompilable: Error, Sendable, Hashable, CustomStringConvertible {
    /// `flag "checkout"`
    package var title: String
    package var reason: String

    package init(_ title: String, reason: String) {
        self.title = title
        self.reason = reason
    }

    package var description: String { "\(title) can't be compiled: \(reason)" }
}
