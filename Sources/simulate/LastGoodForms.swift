import Flags
import HashTreeCollections
import JSON
import Replication

/// Every form that can be compiled, by its bytes.
struct KnownForms {
    private(set) var flags: [[UInt8]: FlagForm] = [:]
    private(set) var kills: [[UInt8]: KillForm] = [:]
    private(set) var terms: [[UInt8]: GroupTerms] = [:]
    private var seenFlags: Set<FlagForm> = []
    private var seenKills: Set<KillForm> = []
    private var seenTerms: Set<GroupTerms> = []

    mutating func learn(_ content: Content) {
        for (key, form) in content.flags where !form.isBroken && seenFlags.insert(form).inserted {
            flags[form.bytes(at: key.text)] = form
        }
        for form in content.kills.values where !form.isBroken && seenKills.insert(form).inserted {
            kills[form.bytes] = form
        }
        for group in content.groups.values where !group.terms.isBroken && seenTerms.insert(group.terms).inserted {
            terms[group.terms.bytes] = group.terms
        }
    }
}

/// What an agent shows in the place of entries that it can't compile: the last good form of each since it started.
struct LastGoodForms {
    private var flags: [ExactString: FlagForm] = [:]
    private var kills: [ExactString: KillForm] = [:]
    private var terms: [String: GroupTerms] = [:]

    init() {}

    init(_ state: ReplicatedState, _ known: KnownForms) {
        for (key, entry) in state.entries { follow(.put(key, entry.bytes), known) }
    }

    mutating func follow(_ change: EntryChange, _ known: KnownForms) {
        switch change {
        case .put(let key, let bytes):
            switch key.kind {
            case .flag, .component:
                if let form = known.flags[bytes], let flagKey = key.flagKey { flags[ExactString(flagKey)] = form }
            case .kill: if let form = known.kills[bytes] { kills[ExactString(key.name)] = form }
            case .pilot: if let form = known.terms[bytes] { terms[key.name] = form }
            default: break
            }
        case .delete(let key):
            switch key.kind {
            case .flag, .component: if let flagKey = key.flagKey { flags[ExactString(flagKey)] = nil }
            case .kill: kills[ExactString(key.name)] = nil
            case .pilot: terms[key.name] = nil
            default: break
            }
        case .addMembers, .removeMembers, .replaceMembers: break
        }
    }

    /// What lookups must see of `content`.
    func standingIn(for content: Content) -> Content {
        var shown = content
        for (key, form) in content.flags where form.isBroken { shown.flags[key] = flags[key] }
        for (key, form) in content.kills where form.isBroken { shown.kills[key] = kills[key] }
        for (name, group) in content.groups where group.terms.isBroken {
            // A group is its members, whatever else it is meant to be.
            shown.groups[name]?.terms = terms[name] ?? GroupTerms()
        }
        return shown
    }
}
