import HashTreeCollections
import Replication

/// What each `apply --set NAME` created. Entries made by hand, or by another set, are in none of these, so that pruning
/// one set can't touch them.
package struct SetProvenance: Sendable {
    private var sets: TreeDictionary<String, TreeSet<EntryKey>> = [:]

    package init() {}

    package func entries(of set: String) -> TreeSet<EntryKey> { sets[set] ?? [] }

    package func contains(_ key: EntryKey, in set: String) -> Bool { sets[set]?.contains(key) ?? false }

    package mutating func insert(_ key: EntryKey, in set: String) { sets[set, default: []].insert(key) }

    /// The entry is gone: whoever makes it anew owns it.
    package mutating func remove(_ key: EntryKey) {
        for name in sets.keys { sets[name]?.remove(key) }
    }
}
