import JSON
import Releases
import Replication

/// One revision of an environment's history: who, when, why and what.
package struct HistoryEntry: Sendable, Hashable {
    package enum Event: String, Sendable {
        /// The environment was made; its number is 0.
        case created
        case change
        /// A new epoch began: nothing changed but the history that agents follow.
        case epoch
    }

    package var revision: Revision
    /// Milliseconds since 1970.
    package var time: UInt64
    package var actor: String
    package var message: String
    package var event: Event
    /// Of the whole state with it.
    package var digest: Digest
    package var diff: [DiffLine]
    /// Memberships that were added or removed.
    package var changedMembers: Int

    /// Names this revision and what it led to: where another history led to another state, the id is another one.
    var id: String { Self.id(revision.number, digest) }

    static func id(_ number: UInt64, _ digest: Digest) -> String { "\(number)-\(digest.description.prefix(16))" }

    /// - Parameter definitions: with each line's `before` and `after`.
    package func json(definitions: Bool) -> JSONValue {
        .object([
            "revision": revision.json, "time": .string(Self.text(ofTime: time)), "actor": .string(actor),
            "message": .string(message), "event": .string(event.rawValue),
            "diff": .array(diff.map { definitions ? $0.json : $0.briefJSON }),
        ])
    }

    /// RFC 3339, in UTC, to the millisecond.
    static func text(ofTime milliseconds: UInt64) -> String {
        // By whole numbers: what is shown, asked about again, is that very moment.
        Timestamp.text(milliseconds: Int64(clamping: milliseconds))
    }
}

extension DiffLine {
    /// A stored revision's lines, worked out of its delta and of what it found.
    static func lines(of changes: [EntryChange], _ touches: [Touch]) -> [DiffLine] {
        touches.compactMap { touch in
            let own = changes.filter { $0.key == touch.key }
            switch touch.key.kind {
            case .flag, .component: return flagLine(touch, own)
            case .pilot: return pilotLine(touch, own)
            case .settings: return settingsLine(touch, own)
            case .kill: return killLine(touch, own)
            case .release: return releaseLine(touch, own)
            case .floor: return floorLine(touch, own)
            default: return nil
            }
        }
    }

    private static func flagLine(_ touch: Touch, _ changes: [EntryChange]) -> DiffLine? {
        let before = touch.before.map { StoredFlag.json($0) }
        switch (touch.key.flagKey, before, changes.last) {
        case (let key?, let before?, .put(_, let bytes)): return .changed(flag: key, before, StoredFlag.json(bytes))
        case (let key?, nil, .put(_, let bytes)): return .added(flag: key, StoredFlag.json(bytes))
        case (let key?, let before?, .delete): return .removed(flag: key, before)
        default: return nil
        }
    }

    private static func killLine(_ touch: Touch, _ changes: [EntryChange]) -> DiffLine? {
        let before = touch.before.map { StoredFlag.json($0) }
        switch (before, changes.last) {
        case (_, .put(_, let bytes)): return .killed(touch.key.name, before, StoredFlag.json(bytes))
        case (let before?, .delete): return .unkilled(touch.key.name, before)
        default: return nil
        }
    }

    private static func releaseLine(_ touch: Touch, _ changes: [EntryChange]) -> DiffLine? {
        let before = touch.before.map { StoredFlag.json($0) }
        switch (before, changes.last) {
        case (_, .put(_, let bytes)): return .shown(release: touch.key.name, before, StoredFlag.json(bytes))
        case (let before?, .delete): return .concealed(release: touch.key.name, before)
        default: return nil
        }
    }

    private static func floorLine(_ touch: Touch, _ changes: [EntryChange]) -> DiffLine? {
        let before = touch.before.map { StoredFlag.json($0) }
        switch (before, changes.last) {
        case (_, .put(_, let bytes)): return .floor(touch.key.name, before, StoredFlag.json(bytes))
        case (let before?, .delete): return .noFloor(touch.key.name, before)
        default: return nil
        }
    }

    private static func settingsLine(_ touch: Touch, _ changes: [EntryChange]) -> DiffLine? {
        guard case .put(_, let bytes)? = changes.last else { return nil }
        return .settings(touch.key.name, touch.before.map { StoredFlag.json($0) }, StoredFlag.json(bytes))
    }

    private static func pilotLine(_ touch: Touch, _ changes: [EntryChange]) -> DiffLine? {
        var added: [String] = []
        var removed: [String] = []
        let before = touch.before.map { StoredFlag.json($0) }
        var after = before
        for change in changes {
            switch change {
            case .delete:
                return .removed(pilot: touch.key.name, before ?? [:], members: touch.membersBefore)
            case .addMembers(_, let members): added += members
            case .removeMembers(_, let members): removed += members
            case .replaceMembers(_, let members):
                added = members
                removed = touch.dropped ?? []
            case .put(_, let bytes): after = StoredFlag.json(bytes)
            }
        }
        guard let before else { return .added(pilot: touch.key.name, after ?? [:], members: added) }
        return .changed(
            pilot: touch.key.name, before, after ?? [:], count: touch.membersBefore, added: added, removed: removed)
    }
}
