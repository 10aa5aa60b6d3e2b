import HashTreeCollections
import JSON
import Flags

extension FlagSet {
    /// Makes this set what `state` says, of which `changes` are all that is new. It costs by the changes.
    ///
    /// An entry that can't be compiled keeps its last good form and enters `quarantine`; everything else goes on. Agents swap
    /// with this function, and control tells with it beforehand whose answers a change would move.
    /// - Returns: the keys of the flags, and those that components are decided under, whose answers may differ now.
    @discardableResult
    package mutating func apply(
        _ changes: [EntryChange], leadingTo state: ReplicatedState, quarantine: inout Quarantine
    ) -> Set<ExactString> {
        var changed: Set<ExactString> = []
        for change in changes {
            switch change {
            case .put(let key, let bytes): put(key, bytes, state, &quarantine, &changed)
            case .delete(let key):
                quarantine.release(key)
                switch key.kind {
                case .flag:
                    changed.formUnion(flags(affectedBy: key.name).lazy.map { ExactString($0) })
                    remove(flag: key.name)
                case .component:
                    let flagKey = ComponentKey.flagKey(of: key.name)
                    changed.formUnion(flags(affectedBy: flagKey).lazy.map { ExactString($0) })
                    remove(component: key.name)
                case .kill:
                    remove(kill: key.name)
                    changed.formUnion(flags(affectedBy: key.name).lazy.map { ExactString($0) })
                case .pilot:
                    changed.formUnion(flags(using: key.name).lazy.map { ExactString($0) })
                    remove(pilot: key.name)
                case .settings where key == .settings: set(.v2, &changed)
                case .release:
                    note(subjectsOf: key.name, &changed)
                    remove(release: key.name)
                case .floor:
                    remove(floor: key.name)
                    changed.formUnion(flags(affectedBy: key.name).lazy.map { ExactString($0) })
                default: break
                }
            case .addMembers(let pilot, _), .removeMembers(let pilot, _), .replaceMembers(let pilot, _):
                share(pilot, of: state)
                changed.formUnion(flags(using: pilot).lazy.map { ExactString($0) })
            }
        }
        return changed
    }

    private mutating func put(
        _ key: EntryKey, _ bytes: [UInt8], _ state: ReplicatedState, _ quarantine: inout Quarantine,
        _ changed: inout Set<ExactString>
    ) {
        switch key.kind {
        case .flag:
            do {
                try put(flag: key.name, storedBytes: bytes)
                quarantine.release(key)
                changed.formUnion(flags(affectedBy: key.name).lazy.map { ExactString($0) })
            } catch {
                quarantine.put(key, reason: String(describing: error))
            }
        case .component:
            do {
                try put(component: key.name, storedBytes: bytes)
                quarantine.release(key)
                let flagKey = ComponentKey.flagKey(of: key.name)
                changed.formUnion(flags(affectedBy: flagKey).lazy.map { ExactString($0) })
            } catch {
                quarantine.put(key, reason: String(describing: error))
            }
        case .pilot:
            // A group that goes within the same batch is gone from the state already.
            guard state.entries[key] != nil else { return remove(pilot: key.name) }
            do {
                try put(pilot: key.name, storedBytes: bytes, members: state.pilots[key.name]?.members ?? MemberSet())
                quarantine.release(key)
            } catch {
                quarantine.put(key, reason: String(describing: error))
            }
            changed.formUnion(flags(using: key.name).lazy.map { ExactString($0) })
        case .kill:
            do {
                try put(kill: key.name, storedBytes: bytes)
                quarantine.release(key)
                changed.formUnion(flags(affectedBy: key.name).lazy.map { ExactString($0) })
            } catch {
                quarantine.put(key, reason: error.reason)
            }
        case .release:
            do {
                note(subjectsOf: key.name, &changed)
                try put(release: key.name, storedBytes: bytes)
                quarantine.release(key)
                note(subjectsOf: key.name, &changed)
            } catch {
                quarantine.put(key, reason: String(describing: error))
            }
        case .floor:
            do {
                try put(floor: key.name, storedBytes: bytes)
                quarantine.release(key)
                changed.formUnion(flags(affectedBy: key.name).lazy.map { ExactString($0) })
            } catch {
                quarantine.put(key, reason: String(describing: error))
            }
        case .settings where key == .settings:
            do throws(SettingsNotReadable) {
                set(try EnvironmentSettings(storedBytes: bytes).bucketing, &changed)
                quarantine.release(key)
            } catch {
                quarantine.put(key, reason: error.reason)
            }
        default:
            quarantine.put(key, reason: "this agent doesn't know entries of \(key.kind)")
        }
    }

    private func note(subjectsOf release: String, _ changed: inout Set<ExactString>) {
        for subject in self.release(named: release)?.changes ?? [] {
            changed.formUnion(flags(affectedBy: subject.flag).lazy.map { ExactString($0) })
        }
    }

    /// Another bucketing may move any user of any flag.
    private mutating func set(_ bucketing: Bucketing, _ changed: inout Set<ExactString>) {
        guard bucketing != self.bucketing else { return }
        self.bucketing = bucketing
        changed.formUnion(flagKeys.lazy.map { ExactString($0) })
        changed.formUnion(componentNames.lazy.map { ExactString(ComponentKey.flagKey(of: $0)) })
    }

    /// Members are the very value that `state` holds: no second copy, whatever their number.
    private mutating func share(_ pilot: String, of state: ReplicatedState) {
        // A group that goes within the same batch is gone from the state already.
        guard state.entries[EntryKey(.pilot, pilot)] != nil else { return remove(pilot: pilot) }
        set(members: state.pilots[pilot]?.members ?? MemberSet(), ofPilot: pilot)
    }

    /// What is served for an entry, as it would be stored; nil where nothing is. Of an entry in quarantine: its last good
    /// form.
    package func form(of key: EntryKey) -> [UInt8]? {
        switch key.kind {
        case .flag: definition(of: key.name)?.storedBytes
        case .component: definition(ofComponent: key.name)?.storedBytes
        case .kill: kill(of: key.name)?.storedBytes
        case .pilot: definition(ofPilot: key.name)?.storedBytes
        case .release: release(named: key.name)?.storedBytes
        case .floor: floor(of: key.name)?.storedBytes
        default: nil
        }
    }

    /// Puts back an entry's last good form. One that an older version could compile and this one can't is none any more.
    package mutating func put(back key: EntryKey, _ bytes: [UInt8]) {
        switch key.kind {
        case .flag: try? put(flag: key.name, storedBytes: bytes)
        case .component: try? put(component: key.name, storedBytes: bytes)
        case .kill: try? put(kill: key.name, storedBytes: bytes)
        case .release: try? put(release: key.name, storedBytes: bytes)
        case .floor: try? put(floor: key.name, storedBytes: bytes)
        case .pilot:
            guard let members = members(ofPilot: key.name) else { return }
            try? put(pilot: key.name, storedBytes: bytes, members: members)
        default: break
        }
    }

    /// Everything that `state` holds, compiled anew: an agent's start, or the end of a damaged memory.
    package static func compiled(from state: ReplicatedState, quarantine: inout Quarantine) -> FlagSet {
        quarantine.removeAll()
        var set = FlagSet()
        // Groups and settings first: flags may refer to them.
        for (key, entry) in state.entries where key.kind != .flag {
            set.apply([.put(key, entry.bytes)], leadingTo: state, quarantine: &quarantine)
        }
        for (key, entry) in state.entries where key.kind == .flag {
            set.apply([.put(key, entry.bytes)], leadingTo: state, quarantine: &quarantine)
        }
        return set
    }

    /// Of what `state` holds only what is decided under these keys, with what the answers depend on: the flags and components
    /// that they require, directly or through others, the kills and floors of all these, every release and pilot group, and
    /// the settings.
    package static func compiled(
        _ keys: some Sequence<String>, from state: ReplicatedState, quarantine: inout Quarantine
    ) -> FlagSet {
        quarantine.removeAll()
        var set = FlagSet()
        for (key, entry) in state.entries where [.pilot, .settings, .release].contains(key.kind) {
            set.apply([.put(key, entry.bytes)], leadingTo: state, quarantine: &quarantine)
        }
        var open = Array(keys)
        var seen = Set(open.map { ExactString($0) })
        while let name = open.popLast() {
            for key in [EntryKey(.kill, name), EntryKey(.floor, name), EntryKey(deciding: name)] {
                guard let bytes = state.bytes(of: key) else { continue }
                set.apply([.put(key, bytes)], leadingTo: state, quarantine: &quarantine)
            }
            for prerequisite in set.prerequisites(of: name)
            where seen.insert(ExactString(prerequisite.flag)).inserted { open.append(prerequisite.flag) }
        }
        return set
    }
}
