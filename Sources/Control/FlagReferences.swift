import Flags
import HashTreeCollections
import JSON
import Replication

/// What flags and components refer to: pilot groups, in rules of every kind, and flags and components that flags require.
/// What is referred to can't be deleted. A component stands under its flag key. Persistent, so that a group of changes can be
/// planned on a copy that costs nothing.
package struct FlagReferences: Sendable {
    private var flagsByEntry: TreeDictionary<EntryKey, TreeSet<ExactString>> = [:]
    private var entriesByFlag: TreeDictionary<ExactString, [EntryKey]> = [:]

    package init() {}

    /// The flags that refer to `pilot`, sorted.
    package func flags(using pilot: String) -> [String] { flags(naming: EntryKey(.pilot, pilot)) }

    /// The flags that require `flag`, sorted.
    package func flags(requiring flag: String) -> [String] { flags(naming: EntryKey(deciding: flag)) }

    /// The flags that refer to `entry`, sorted.
    func flags(naming entry: EntryKey) -> [String] { flagsByEntry[entry]?.sorted().map(\.text) ?? [] }

    package mutating func set(flag: String, uses entries: Set<EntryKey>) {
        remove(flag: flag)
        guard !entries.isEmpty else { return }
        entriesByFlag[ExactString(flag)] = entries.sorted()
        for entry in entries { flagsByEntry[entry, default: []].insert(ExactString(flag)) }
    }

    package mutating func remove(flag: String) {
        for entry in entriesByFlag.removeValue(forKey: ExactString(flag)) ?? [] {
            flagsByEntry[entry]?.remove(ExactString(flag))
            if flagsByEntry[entry]?.isEmpty == true { flagsByEntry.removeValue(forKey: entry) }
        }
    }

    // MARK: Reading definitions

    /// What the definition of a flag or a component refers to.
    package static func entries(in flag: JSONValue) -> Set<EntryKey> {
        var pilots = Set(flag["pilots"]?.arrayValue?.compactMap { $0["pilot"]?.stringValue } ?? [])
        if let targeting = flag["targeting"] { collect(targeting, &pilots) }
        if let rollout = flag["rollout"] {
            for list in [rollout["pilots"], rollout["exclude"]?["pilots"]] {
                pilots.formUnion(list?.arrayValue?.compactMap(\.stringValue) ?? [])
            }
        }
        var entries = Set(pilots.map { EntryKey(.pilot, $0) })
        for prerequisite in StoredFlag.prerequisites(in: flag) { entries.insert(EntryKey(deciding: prerequisite.flag)) }
        return entries
    }

    /// What a stored definition refers to.
    static func entries(stored bytes: [UInt8]) -> Set<EntryKey> { entries(in: StoredFlag.json(bytes)) }

    /// `{"in_pilot": "NAME"}` or `{"in_pilot": ["NAME", …]}`, anywhere.
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
