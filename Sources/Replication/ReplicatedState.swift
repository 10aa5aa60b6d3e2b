import Flags
import HashTreeCollections
import JSON

/// Everything of one environment at one revision: the same value at control and in each agent. Persistent: a copy costs
/// nothing and one change costs by the change, so that a catch-up can read on from the state it began with.
package struct ReplicatedState: Sendable {
    package var revision: Revision
    package private(set) var digest = Digest.empty
    package private(set) var entries: TreeDictionary<EntryKey, StoredEntry> = [:]
    package private(set) var pilots: TreeDictionary<String, PilotMembers> = [:]
    package private(set) var memberCount = 0
    /// How members are kept: control needs their names, agents don't. It never touches the digest.
    package let memberForm: MemberSet.Form

    package init(revision: Revision, keeping memberForm: MemberSet.Form = .names) {
        self.revision = revision
        self.memberForm = memberForm
    }

    /// Entries of every kind, each membership counted as one.
    package var entryCount: Int { entries.count + memberCount }

    package func bytes(of key: EntryKey) -> [UInt8]? { entries[key]?.bytes }

    package mutating func apply(_ changes: [EntryChange]) {
        for change in changes { apply(change) }
    }

    package mutating func apply(_ change: EntryChange) {
        switch change {
        case .put(let key, let bytes):
            let entry = StoredEntry(key, bytes: bytes)
            if let old = entries.updateValue(entry, forKey: key) { digest -= old.term }
            digest += entry.term
        case .delete(let key):
            if let old = entries.removeValue(forKey: key) { digest -= old.term }
            if key.kind == .pilot { dropMembers(of: key.name) }
        case .addMembers(let pilot, let members):
            var group = pilots.removeValue(forKey: pilot) ?? PilotMembers(memberForm)
            let terms = MembershipTerms(pilot: pilot)
            for member in members {
                guard let term = group.insert(member, terms) else { continue }
                digest += term
                memberCount += 1
            }
            if group.count > 0 { pilots[pilot] = group }
        case .removeMembers(let pilot, let members):
            guard var group = pilots.removeValue(forKey: pilot) else { return }
            let terms = MembershipTerms(pilot: pilot)
            for member in members {
                guard let term = group.remove(member, terms) else { continue }
                digest -= term
                memberCount -= 1
            }
            if group.count > 0 { pilots[pilot] = group }
        case .replaceMembers(let pilot, let members):
            dropMembers(of: pilot)
            apply(.addMembers(pilot: pilot, members))
        }
    }

    /// Takes in a group's members that were made elsewhere, in place of those it has.
    package mutating func put(_ group: PilotMembers, ofPilot pilot: String) {
        precondition(group.members.form == memberForm, "a state keeps all its members in one form")
        dropMembers(of: pilot)
        guard group.count > 0 else { return }
        pilots[pilot] = group
        digest += group.sum
        memberCount += group.count
    }

    /// Puts members into the least room, after many came at once. The state stays the same.
    mutating func compact() {
        for name in Array(pilots.keys) { pilots[name]?.compact() }
    }

    private mutating func dropMembers(of pilot: String) {
        guard let group = pilots.removeValue(forKey: pilot) else { return }
        digest -= group.sum
        memberCount -= group.count
    }

    /// The same state without its place in history: what a new epoch begins with.
    package func moved(to revision: Revision) -> ReplicatedState {
        var copy = self
        copy.revision = revision
        return copy
    }

    /// False when this value's memory was damaged: its entries and its groups, looked at one by one, don't add up to
    /// its digest.
    package var isSound: Bool {
        var sum = Digest.empty
        for (key, entry) in entries { sum += Digest.term(of: key, bytes: entry.bytes) }
        for (pilot, group) in pilots {
            guard group.isSound(as: pilot) else { return false }
            sum += group.sum
        }
        return sum == digest
    }
}
