/// How components stand where flag keys do: the name behind U+0001, which no flag key begins with.
package enum MarkedKey {
    private static let mark: UInt8 = 0x01

    package static func of(component name: String) -> String { "\u{1}" + name }

    /// The component's name; nil for the key of a flag.
    package static func component(of key: String) -> String? {
        key.utf8.first == mark ? String(key.unicodeScalars.dropFirst()) : nil
    }
}
