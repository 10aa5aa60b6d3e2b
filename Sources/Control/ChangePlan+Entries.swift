import Flags
import HashTreeCollections
import JSON
import Replication

/// The steps that documents, roll backs and promotions are made of: an entry is brought to what it shall be, or dropped.
/// What is that way already is no step.
extension ChangePlan {
    /// - Parameters:
    ///   - key: the flag key, of a component too.
    ///   - bytes: the definition as it will be stored.
    mutating func bring(flag key: String, _ bytes: [UInt8], uses entries: Set<EntryKey>, _ state: EnvironmentState) {
        let entry = EntryKey(deciding: key)
        let current = state.log.staged.bytes(of: entry)
        guard current != bytes else { return }
        if let current {
            diff.append(.changed(flag: key, StoredFlag.json(current), StoredFlag.json(bytes)))
        } else {
            diff.append(.added(flag: key, StoredFlag.json(bytes)))
            created.append(entry)
        }
        changes.append(.put(entry, bytes))
        references.append((key, entries))
    }

    /// Definition and list replace the group's whole; the list travels as what differs.
    ///
    /// - Parameter bytes: the definition as it will be stored.
    mutating func bring(
        pilot name: String, _ bytes: [UInt8], members wanted: TreeSet<ExactString>, _ state: EnvironmentState
    ) {
        let entry = EntryKey(.pilot, name)
        let current = state.log.staged.bytes(of: entry)
        let present = state.log.staged.pilots[name]?.members.names ?? []
        let added = wanted.subtracting(present).sorted().map(\.text)
        let removed = present.subtracting(wanted).sorted().map(\.text)
        if current != bytes { changes.append(.put(entry, bytes)) }
        if let current {
            if current != bytes || !added.isEmpty || !removed.isEmpty {
                diff.append(
                    .changed(
                        pilot: name, StoredFlag.json(current), StoredFlag.json(bytes), count: present.count,
                        added: added, removed: removed))
            }
        } else {
            created.append(entry)
            diff.append(.added(pilot: name, StoredFlag.json(bytes), members: added))
        }
        if !removed.isEmpty { changes.append(.removeMembers(pilot: name, removed)) }
        if !added.isEmpty { changes.append(.addMembers(pilot: name, added)) }
        changedMembers += added.count + removed.count
    }

    mutating func drop(_ entry: EntryKey, _ state: EnvironmentState) {
        diff.append(Self.line(dropping: entry, state))
        changes.append(.delete(entry))
        deleted.append(entry)
    }

    static func line(dropping entry: EntryKey, _ state: EnvironmentState) -> DiffLine {
        let before = StoredFlag.json(state.log.staged.bytes(of: entry) ?? [])
        if let flag = entry.flagKey { return .removed(flag: flag, before) }
        return .removed(pilot: entry.name, before, members: state.log.staged.pilots[entry.name]?.count ?? 0)
    }

    /// Brings everything to what `target` holds: its flags and components, and with `pilots` its groups and their members.
    /// Kinds of entries besides these stay as they are.
    mutating func become(_ target: ReplicatedState, pilots: Bool, _ state: EnvironmentState) {
        for key in target.entries.keys.sorted() {
            let bytes = target.bytes(of: key) ?? []
            guard let flag = key.flagKey, state.log.staged.bytes(of: key) != bytes else { continue }
            bring(flag: flag, bytes, uses: FlagReferences.entries(stored: bytes), state)
        }
        let current = state.log.staged.entries.keys
        for key in current.filter({ $0.flagKey != nil && target.entries[$0] == nil }).sorted() { drop(key, state) }
        guard pilots else { return }
        for key in target.entries.keys.filter({ $0.kind == .pilot }).sorted() {
            bring(
                pilot: key.name, target.bytes(of: key) ?? [],
                members: target.pilots[key.name]?.members.names ?? [], state)
        }
        for key in current.filter({ $0.kind == .pilot && target.entries[$0] == nil }).sorted() { drop(key, state) }
    }

    /// Pilot groups that flags and components of this plan refer to and that won't be there, though `source`, where the
    /// definitions come from, has or had them. (A reference that is unknown there too was let through knowingly.)
    func missingPilots(from source: ReplicatedState, _ state: EnvironmentState) -> [(user: Subject, pilot: String)] {
        let gone = Set(deleted)
        let made = Set(created)
        return references.flatMap { flag, uses in
            uses.filter { $0.kind == .pilot }.sorted().compactMap { key in
                let willBe = (state.log.staged.entries[key] != nil && !gone.contains(key)) || made.contains(key)
                return willBe || source.entries[key] == nil ? nil : (Subject(flag), key.name)
            }
        }
    }
}
