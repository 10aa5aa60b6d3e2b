/// Entries that can't be compiled here, each with the reason. They block nothing: the last good form of each goes on
/// being served, and the entry leaves as soon as a form arrives that compiles, or it is deleted.
package struct Quarantine: Sendable, Hashable {
    package private(set) var reasons: [EntryKey: String] = [:]

    package init() {}

    package var count: Int { reasons.count }

    /// `flag:checkout`, sorted.
    package var names: [String] { reasons.keys.sorted().map(\.description) }

    mutating func put(_ key: EntryKey, reason: String) { reasons[key] = reason }

    mutating func release(_ key: EntryKey) {
        if !reasons.isEmpty { reasons[key] = nil }
    }

    mutating func removeAll() { reasons = [:] }
}
