import HashTreeCollections
import Flags

extension FlagSet {
    /// Makes this set what `state` says, of which `changes` are all that is new. It costs by the changes.
    ///
    /// An entry that can't be compiled keeps its last good form and enters `quarantine`; everything else goes on. Control
    /// validates with this function and agents swap with it.
    /// - Returns: the keys of the flags whose answers may differ now.
    @discardableResult
    package mutating func apply(
        _ changes: [EntryChange], leadingTo state: ReplicatedState, quarantine: inout Quarantine
    ) -> Set<String> {
        var changed: Set<String> = []
        for change in changes {
            switch change {
            case .put(let key, let bytes): put(key, bytes, state, &quarantine, &changed)
            case .delete(let key):
                quarantine.release(key)
                switch key.kind {
                case .flag:
                    changed.formUnion(flags(affectedBy: key.name))
                    remove(flag: key.name)
                case .kill:
                    remove(kill: key.name)
                    changed.formUnion(flags(affectedBy: key.name))
                case .pilot:
                    changed.formUnion(flags(using: key.name))
                    remove(pilot: key.name)
                case .settings where key == .settings: set(.v2, &changed)
                default: break
                }
            case .addMembers(let pilot, _), .removeMembers(let pilot, _), .replaceMembers(let pilot, _):
                share(pilot, of: state)
                changed.formUnion(flags(using: pilot))
            }
        }
        return changed
    }

    private mutating func put(
        _ key: EntryKey, _ bytes: [UInt8], _ state: ReplicatedState, _ quarantine: inout Quarantine,
        _ changed: inout Set<String>
    ) {
        switch key.kind {
        case .flag:
            do {
                try put(flag: key.name, storedBytes: bytes)
                quarantine.release(key)
                changed.formUnion(flags(affectedBy: key.name))
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
            changed.formUnion(flags(using: key.name))
        case .kill:
            do {
                try put(kill: key.name, storedBytes: bytes)
                quarantine.release(key)
                changed.formUnion(flags(affectedBy: key.name))
            } catch {
                quarantine.put(key, reason: error.reason)
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

    /// Another bucketing may move any user of any flag.
    private mutating func set(_ bucketing: Bucketing, _ changed: inout Set<String>) {
        guard bucketing != self.bucketing else { return }
        self.bucketing = bucketing
        changed.formUnion(flagKeys)
    }

    /// Members are the very value that `state` holds: no second copy, whatever their number.
    private mutating func share(_ pilot: String, of state: ReplicatedState) {
        // A group that goes within the same batch is gone from the state already.
        guard state.entries[EntryKey(.pilot, pilot)] != nil else { return remove(pilot: pilot) }
        set(members: state.pilots[pilot]?.members ?? MemberSet(), ofPilot: pilot)
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
}
