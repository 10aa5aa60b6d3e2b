/// Why a text isn't acceptable JSON, and where.
package struct JSONProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// In bytes from the start of the text.
    package var offset: Int
    package var position: JSONPosition
    package var reason: String

    package init(offset: Int, position: JSONPosition, reason: String) {
        self.offset = offset
        self.position = position
        self.reason = reason
    }

    package var description: String { "\(position): \(reason)" }
}
