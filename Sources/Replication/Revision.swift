/// A place in an environment's history: numbers are dense within an epoch and only rise, across epochs too.
package struct Revision: Sendable, Hashable, CustomStringConvertible {
    package var epoch: Epoch
    package var number: UInt64

    package init(epoch: Epoch, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    package var description: String { "\(number)@\(epoch)" }
}
