import JSON

/// A component among flag keys: it is decided as a flag under a key that no flag can have, its name behind U+0001, a
/// control character. So whatever asks, kills or explains a flag does the same for a component. What people and programs
/// see is the name. `MarkedKey` of the lookup protocol writes the same.
package enum ComponentKey {
    private static let mark: UInt8 = 0x01

    package static func flagKey(of component: String) -> String { "\u{1}" + component }

    /// The component's name; nil for the key of a flag.
    package static func component(of flagKey: String) -> String? {
        isComponent(flagKey) ? String(flagKey.unicodeScalars.dropFirst()) : nil
    }

    package static func isComponent(_ flagKey: String) -> Bool { flagKey.utf8.first == mark }

    /// `flag "KEY"` or `component "NAME"`.
    package static func title(of flagKey: String) -> String {
        component(of: flagKey).map { "component \"\($0)\"" } ?? "flag \"\(flagKey)\""
    }

    /// Where nothing else is said, users are spread over versions by this and their targeting key.
    static func salt(of component: String) -> String { "component:\(component)" }
}
