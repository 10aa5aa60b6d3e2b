/// Something that the harness could not do; the test fails with these words.
package struct HarnessError: Error, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
