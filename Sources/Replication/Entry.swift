import Flags
import JSON

/// What kind of thing an entry is. Kinds that an agent doesn't know are stored, digested and handed on all the same, and
/// reported as quarantined.
package struct EntryKind: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package var rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A flag; its bytes are its definition as canonical JSON.
    package static let flag = EntryKind(rawValue: 1)
    /// A pilot group's own definition (canonical JSON); its members are terms of their own.
    package static let pilot = EntryKind(rawValue: 2)
    /// What holds for a whole environment (canonical JSON).
    package static let settings = EntryKind(rawValue: 3)

    /// A kill of the flag of that key, or of the component that is decided under it (canonical JSON). Apply, roll backs and
    /// promotions leave it alone.
    package static let kill = EntryKind(rawValue: 4)
    /// A component, named by its own name; its bytes are its definition as canonical JSON.
    package static let component = EntryKind(rawValue: 5)
    /// A release that is armed, running or held, by its name (canonical JSON).
    package static let release = EntryKind(rawValue: 6)
    /// What a launched release goes on requiring of the flag of that key, or of the component that is decided under it
    /// (canonical JSON). Apply, roll backs of the environment and promotions leave it alone.
    package static let floor = EntryKind(rawValue: 7)

    package static func < (a: EntryKind, b: EntryKind) -> Bool { a.rawValue < b.rawValue }

    package var description: String {
        switch self {
        case .flag: "flag"
        case .pilot: "pilot"
        case .settings: "settings"
        case .kill: "kill"
        case .component: "component"
        case .release: "release"
        case .floor: "floor"
        default: "kind-\(rawValue)"
        }
    }
}

/// The name of an entry within its environment. Its description is `flag:checkout`; those of a component's kill and floor
/// `component-kill:checkout` and `component-floor:checkout`.
package struct EntryKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var kind: EntryKind
    package var name: String

    package init(_ kind: EntryKind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    // Names are told apart by their bytes: Swift's own comparison would take two spellings of one letter (composed and
    // decomposed) for one name, which neither a digest nor a database does.
    package static func == (a: EntryKey, b: EntryKey) -> Bool { a.kind == b.kind && a.name.isExactly(b.name) }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(ExactString(name))
    }

    package static func < (a: EntryKey, b: EntryKey) -> Bool {
        a.kind == b.kind ? a.name.precedesInBytes(b.name) : a.kind < b.kind
    }

    package var description: String {
        ComponentKey.component(of: name).map { "component-\(kind):\($0)" } ?? "\(kind):\(name)"
    }

    /// What is decided under `flagKey`: a flag or a component.
    package init(deciding flagKey: String) {
        if let component = ComponentKey.component(of: flagKey) {
            self.init(.component, component)
        } else {
            self.init(.flag, flagKey)
        }
    }

    /// The key that a flag or a component is decided under; nil for other entries.
    package var flagKey: String? {
        switch kind {
        case .flag: name
        case .component: ComponentKey.flagKey(of: name)
        default: nil
        }
    }

    /// The one entry of its kind. An environment without it has the settings that are usual: bucketing v2.
    package static let settings = EntryKey(.settings, "environment")
}

/// An entry's bytes as control wrote them once, with their term of the digest. Nobody re-encodes them.
package struct StoredEntry: Sendable, Hashable {
    package let bytes: [UInt8]
    package let term: Digest

    package init(_ key: EntryKey, bytes: [UInt8]) {
        self.bytes = bytes
        term = Digest.term(of: key, bytes: bytes)
    }
}

/// One step from a state to the next. Each is idempotent, and says nothing where nothing is to be done.
package enum EntryChange: Sendable, Hashable {
    case put(EntryKey, [UInt8])
    /// Deleting a pilot group takes its members along.
    case delete(EntryKey)
    case addMembers(pilot: String, [String])
    case removeMembers(pilot: String, [String])
    /// The whole member list at once.
    case replaceMembers(pilot: String, [String])
}
