/// Stored bytes that give no pilot group here, although control accepted them.
package struct PilotNotCompilable: Error, Sendable, Hashable, CustomStringConvertible {
    package var name: String
    package var reason: String

    package init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }

    package var description: String { "pilot group \"\(name)\" can't be compiled: \(reason)" }
}
