import Flags
import HashTreeCollections
import JSON
import Replication

/// An entry as it stood before a revision touched it. With the delta, which tells what came after, a revision can be
/// shown as a difference, and undone.
package struct Touch: Sendable, Hashable {
    package var key: EntryKey
    /// Nil where there was no such entry.
    package var before: [UInt8]?
    /// How many members a pilot group had.
    package var membersBefore: Int
    /// The members that went with a group that was deleted; nil otherwise.
    package var dropped: [String]?

    /// What `changes` touch, each entry once, in the order in which it is first touched.
    static func all(of changes: [EntryChange], on state: ReplicatedState) -> [Touch] {
        var touches: [Touch] = []
        var places: [EntryKey: Int] = [:]
        for change in changes {
            let key = change.key
            if places[key] == nil {
                places[key] = touches.count
                let members = key.kind == .pilot ? state.pilots[key.name]?.count ?? 0 : 0
                touches.append(Touch(key: key, before: state.bytes(of: key), membersBefore: members))
            }
            if change.dropsMembers, let place = places[key], let group = state.pilots[key.name] {
                touches[place].dropped = group.members.names.sorted().map(\.text)
            }
        }
        return touches
    }

    /// `dropped` as it is stored: a JSON array of strings.
    var droppedBytes: [UInt8]? { dropped.map { JSONValue.array($0.map { .string($0) }).canonicalBytes() } }

    static func dropped(stored bytes: [UInt8]) -> [String]? {
        JSONReader.read(bytes, maximumBytes: Int.max).value?.arrayValue?.compactMap(\.stringValue)
    }
}

extension EntryChange {
    /// The entry that is changed; a membership belongs to its group.
    var key: EntryKey {
        switch self {
        case .put(let key, _), .delete(let key): key
        case .addMembers(let pilot, _), .removeMembers(let pilot, _), .replaceMembers(let pilot, _):
            EntryKey(.pilot, pilot)
        }
    }

    fileprivate var dropsMembers: Bool {
        switch self {
        case .delete(let key): key.kind == .pilot
        case .replaceMembers: true
        case .put, .addMembers, .removeMembers: false
        }
    }

    /// What takes this change back, on the state just after it.
    func inverse(_ touches: [EntryKey: Touch]) -> [EntryChange] {
        let touch = touches[key]
        switch self {
        case .put(let key, _):
            if let before = touch?.before { return [.put(key, before)] }
            return [.delete(key)]
        case .delete(let key):
            guard let before = touch?.before else { return [] }
            let entry = EntryChange.put(key, before)
            guard let members = touch?.dropped, !members.isEmpty else { return [entry] }
            return [entry, .addMembers(pilot: key.name, members)]
        case .addMembers(let pilot, let members): return [.removeMembers(pilot: pilot, members)]
        case .removeMembers(let pilot, let members): return [.addMembers(pilot: pilot, members)]
        case .replaceMembers(let pilot, _): return [.replaceMembers(pilot: pilot, touch?.dropped ?? [])]
        }
    }
}
