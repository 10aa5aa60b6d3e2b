/// Stored bytes that give no flag here, although control accepted them.
package struct FlagNotCompilable: Error, Sendable, Hashable, CustomStringConvertible {
    package var key: String
    package var reason: String

    package init(key: String, reason: String) {
        self.key = key
        self.reason = reason
    }

    package var description: String { "flag \"\(key)\" can't be compiled: \(reason)" }
}
