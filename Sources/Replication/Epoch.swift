/// One unbroken history of an environment. Epochs order by counter; the id tells apart two histories that were begun
/// without knowing of each other.
package struct Epoch: Sendable, Hashable, CustomStringConvertible {
    package var counter: UInt64
    /// Random, drawn when the epoch begins.
    package var id: UInt64

    package init(counter: UInt64, id: UInt64) {
        self.counter = counter
        self.id = id
    }

    /// `3.00a1b2c3d4e5f607`: the counter, a dot, the id as 16 hexadecimal digits.
    package var description: String { "\(counter).\(idText)" }

    /// The id as 16 hexadecimal digits.
    package var idText: String { Hexadecimal.text(id) }
}
