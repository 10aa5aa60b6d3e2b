import Flags
import HashTreeCollections
import JSON
import Replication

/// A seeded history of an environment: what control would have decided, delta by delta.
struct History {
    static let on = Array(#"{"defaultVariant":"on","state":"ENABLED","variants":{"off":false,"on":true}}"#.utf8)
    static let off = Array(#"{"defaultVariant":"off","state":"ENABLED","variants":{"off":false,"on":true}}"#.utf8)

    private(set) var states: [ReplicatedState]
    private(set) var batches: [Batch] = []
    private var random: SplitMix64

    var last: ReplicatedState { states[states.count - 1] }

    init(seed: UInt64, epoch: Epoch = Epoch(counter: 1, id: 7)) {
        random = SplitMix64(seed: seed)
        states = [ReplicatedState(revision: Revision(epoch: epoch, number: 0))]
    }

    /// Adds a batch of these changes at the next number.
    mutating func add(_ changes: [EntryChange]) {
        var state = last
        state.apply(changes)
        state.revision.number += 1
        states.append(state)
        batches.append(
            Batch(changes: changes, revision: state.revision, digest: state.digest, origin: .deltas(1)))
    }

    /// Adds so many batches of one to four random changes each.
    mutating func grow(by count: Int) {
        for _ in 0..<count {
            var changes: [EntryChange] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) { changes.append(change()) }
            add(changes)
        }
    }

    private mutating func change() -> EntryChange {
        let flag = EntryKey(.flag, "flag-\(Int.random(in: 0..<30, using: &random))")
        let pilot = "group-\(Int.random(in: 0..<4, using: &random))"
        let members = (0..<Int.random(in: 0...20, using: &random)).map { _ in
            "user-\(Int.random(in: 0..<200, using: &random))"
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0...4: return .put(flag, Bool.random(using: &random) ? Self.on : Self.off)
        case 5: return .put(flag, Self.on + [UInt8](repeating: 32, count: 3_000))
        case 6: return .delete(flag)
        case 7: return .put(EntryKey(.pilot, pilot), Array("{}".utf8))
        case 8: return .delete(EntryKey(.pilot, pilot))
        case 9: return .addMembers(pilot: pilot, members)
        case 10: return .removeMembers(pilot: pilot, members)
        default: return .replaceMembers(pilot: pilot, members)
        }
    }
}

extension Batch {
    /// Everything there is in `state`, which knows its members' names.
    static func whole(_ state: ReplicatedState) -> Batch {
        let changes: [EntryChange] =
            state.entries.map { .put($0.key, $0.value.bytes) }
            + state.pilots.map { .replaceMembers(pilot: $0.key, $0.value.members.names.map(\.text)) }
        return Batch(
            changes: changes, revision: state.revision, digest: state.digest, origin: .snapshot, isWhole: true)
    }
}

extension ReplicatedState {
    /// The same revision and, entry by entry, the same content.
    func isSame(as other: ReplicatedState) -> Bool {
        revision == other.revision && digest == other.digest && isSound && other.isSound
            && entryCount == other.entryCount
    }
}
