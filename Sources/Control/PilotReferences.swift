import HashTreeCollections
import JSON

/// Which flags' targeting names which pilot groups: a group that a flag refers to can't be deleted. Persistent, so that a
/// group of changes can be planned on a copy that costs nothing.
package struct PilotReferences: Sendable {
    private var flagsByPilot: TreeDictionary<String, TreeSet<ExactString>> = [:]
    private var pilotsByFlag: TreeDictionary<ExactString, [String]> = [:]

    package init() {}

    /// The flags that refer to `pilot`, sorted.
    package func flags(using pilot: String) -> [String] { flagsByPilot[pilot]?.sorted().map(\.text) ?? [] }

    package mutating func set(flag: String, uses pilots: Set<String>) {
        remove(flag: flag)
        guard !pilots.isEmpty else { return }
        pilotsByFlag[ExactString(flag)] = pilots.sorted()
        for pilot in pilots { flagsByPilot[pilot, default: []].insert(ExactString(flag)) }
    }

    package mutating func remove(flag: String) {
        for pilot in pilotsByFlag.removeValue(forKey: ExactString(flag)) ?? [] {
            flagsByPilot[pilot]?.remove(ExactString(flag))
            if flagsByPilot[pilot]?.isEmpty == true { flagsByPilot.removeValue(forKey: pilot) }
        }
    }

    /// The groups that a targeting expression names: `{"in_pilot": "NAME"}` or `{"in_pilot": ["NAME", …]}`, anywhere.
    package static func names(in targeting: JSONValue?) -> Set<String> {
        var names: Set<String> = []
        if let targeting { collect(targeting, &names) }
        return names
    }

    /// The groups that a flag's stored definition names.
    static func names(stored bytes: [UInt8]) -> Set<String> { names(in: StoredFlag.json(bytes)["targeting"]) }

    private static func collect(_ value: JSONValue, _ names: inout Set<String>) {
        switch value {
        case .object(let object):
            for member in object {
                if member.key == "in_pilot" {
                    switch member.value {
                    case .string(let name): names.insert(name)
                    case .array(let items): if case .string(let name)? = items.first { names.insert(name) }
                    default: break
                    }
                }
                collect(member.value, &names)
            }
        case .array(let items):
            for item in items { collect(item, &names) }
        default: break
        }
    }
}
