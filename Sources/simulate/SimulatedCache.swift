import Flags
import JSON
import Replication

/// An agent's copy on disk: rows, and a row that says which revision and digest they lead to. A batch is written whole or
/// not at all; what is read back is believed only if its digest says so.
struct SimulatedCache {
    private(set) var entries: [EntryKey: [UInt8]] = [:]
    private(set) var members: [String: Set<ExactString>] = [:]
    private(set) var revision: Revision?
    private(set) var digest = Digest.empty
    /// A copy of the revision in the row's own check.
    private var check: Revision?
    private(set) var isDamaged = false
    /// Kills ahead of their turn, in a file of their own; nil when it can't be read any more.
    private(set) var overlay: [UrgentKill]? = []

    mutating func commit(_ batches: [Batch]) {
        for batch in batches {
            if batch.isWhole { (entries, members) = ([:], [:]) }
            for change in batch.changes { apply(change) }
            revision = batch.revision
            digest = batch.digest
            check = batch.revision
        }
    }

    private mutating func apply(_ change: EntryChange) {
        switch change {
        case .put(let key, let bytes): entries[key] = bytes
        case .delete(let key):
            entries[key] = nil
            if key.kind == .pilot { members[key.name] = nil }
        case .addMembers(let pilot, let names): members[pilot, default: []].formUnion(names.map { ExactString($0) })
        case .removeMembers(let pilot, let names): members[pilot]?.subtract(names.map { ExactString($0) })
        case .replaceMembers(let pilot, let names): members[pilot] = Set(names.map { ExactString($0) })
        }
    }

    mutating func keep(_ kills: [UrgentKill]) { overlay = kills }

    /// Nothing of it is used again. The kills are in another file.
    mutating func setAside() {
        let kills = overlay
        self = SimulatedCache()
        overlay = kills
    }

    enum Reading {
        case empty
        case state(ReplicatedState)
        case damaged
    }

    func read(believing: Bool) -> Reading {
        guard let revision else { return .empty }
        var state = ReplicatedState(revision: revision, keeping: .hashes)
        for (key, bytes) in entries { state.apply(.put(key, bytes)) }
        for (pilot, names) in members { state.apply(.addMembers(pilot: pilot, names.map(\.text))) }
        guard believing || (state.digest == digest && check == revision) else { return .damaged }
        return .state(state)
    }

    /// The kills' file has a check of its own, which finds this.
    mutating func damageOverlay() { overlay = nil }

    /// Flips, loses or moves something. Returns what; nil when there was nothing to damage.
    mutating func damage(_ chance: inout Chance) -> String? {
        // The same damage twice could be none.
        guard let held = revision, !isDamaged else { return nil }
        isDamaged = true
        let keys = entries.keys.sorted()
        switch chance.within(0...4) {
        case 0 where !keys.isEmpty:
            let key = chance.pick(keys)
            entries[key] = nil
            return "\(key) lost"
        case 1, 2:
            guard !keys.isEmpty else { fallthrough }
            let key = chance.pick(keys)
            guard var bytes = entries[key], !bytes.isEmpty else { fallthrough }
            bytes[chance.index(below: bytes.count)] ^= UInt8(1 << chance.within(0...6))
            entries[key] = bytes
            return "a bit of \(key) flipped"
        case 3:
            revision = Revision(epoch: held.epoch, number: held.number + chance.within(1...3))
            return "its number moved"
        default:
            digest.lane2 ^= 1 << chance.within(0...63)
            return "its digest flipped"
        }
    }
}
