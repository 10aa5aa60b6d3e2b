import Flags
import JSON
import Replication

/// A flag or a component, told apart by its flag key, and the words in which each is spoken of. What both are asked in the
/// same way, an operator is told in their own words.
struct Subject {
    /// Of a component the key that no flag can have.
    let flagKey: String
    private let component: String?

    init(_ flagKey: String) {
        self.flagKey = flagKey
        component = ComponentKey.component(of: flagKey)
    }

    /// What people call it.
    var name: String { component ?? flagKey }

    /// `flag "checkout"`
    var title: String { ComponentKey.title(of: flagKey) }

    var entry: EntryKey { EntryKey(deciding: flagKey) }

    /// `flag` or `component`: kinds of entries, members of answers and words of commands.
    var kind: String { component == nil ? "flag" : "component" }

    /// What a refusal's title begins with.
    var heading: String { component == nil ? "Flag" : "Component" }

    /// What a difference calls its kill.
    var killKind: String { component == nil ? "kill" : "component-kill" }

    /// What a difference calls its floor.
    var floorKind: String { component == nil ? "floor" : "component-floor" }

    var variant: String { component == nil ? "variant" : "version" }

    /// The member of a definition that holds these.
    var variants: String { variant + "s" }

    /// Where it stands in a document.
    var place: JSONPointer { JSONPointer(tokens: [kind + "s", name]) }

    /// Of one of its variants, as stored; flags have none that are.
    func isRetired(_ variant: JSONValue?) -> Bool {
        component != nil && variant?["state"]?.stringValue == ComponentVersion.State.retired.rawValue
    }

    var showCommand: String { "`pilotlight \(kind) show \(name)`" }
}

/// Of flag keys.
extension [String] {
    /// Told apart: keys of flags, and names of components.
    var subjects: (flags: [String], components: [String]) {
        (filter { !ComponentKey.isComponent($0) }, compactMap { ComponentKey.component(of: $0) })
    }

    /// `1 flag`, `2 flags and 1 component`
    var counted: String {
        let (flags, components) = subjects
        return [(flags.count, "flag"), (components.count, "component")].filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: " and ")
    }

    /// `these flags`, `these flags and components`
    var titles: String {
        let (flags, components) = subjects
        return "these " + (components.isEmpty ? "flags" : flags.isEmpty ? "components" : "flags and components")
    }
}
