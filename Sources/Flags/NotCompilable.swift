/// Stored bytes that give no flag, component, pilot group or release here, although control accepted them.
package struct NotCompilable: Error, Sendable, Hashable, CustomStringConvertible {
    /// `flag "checkout"`
    package var title: String
    package var reason: String

    package init(_ title: String, reason: String) {
        self.title = title
        self.reason = reason
    }

    /// With what was found wrong.
    init(_ title: String, _ problems: [Problem]) {
        self.init(
            title, reason: problems.filter { $0.severity == .error }.map(\.description).joined(separator: "; "))
    }

    package var description: String { "\(title) can't be compiled: \(reason)" }
}
