import LookupProtocol

/// What may be answered differently from now on.
///
/// A lookup that is made after a change came is answered from ``revision`` or a later one.
public struct FlagChange: Sendable, Hashable {
    /// Which flags.
    public enum Flags: Sendable, Hashable {
        /// Any of them: look up again whatever you keep. Said first of all, after each reconnect, after a resync of the
        /// agent, at a new epoch, and when too many flags changed to name them.
        case everything
        /// These, by key.
        case keys(Set<String>)
    }

    /// The state that the agent answers from; nil while it holds no confirmed state.
    public var revision: FlagRevision?
    /// The flags whose answers may differ.
    public var flags: Flags

    /// Whether `key` is among them.
    public func concerns(_ key: String) -> Bool {
        switch flags {
        case .everything: true
        case .keys(let keys): keys.contains(key)
        }
    }

    /// More keys than this are told as everything.
    static let maximumKeys = ChangeNotice.maximumKeys

    init(revision: FlagRevision?, flags: Flags) {
        self.revision = revision
        self.flags = flags
    }

    init(_ notice: ChangeNotice) {
        revision = FlagRevision(notice.stamp)
        flags = notice.changedKeys.map { .keys(Set($0)) } ?? .everything
    }

    /// This one and a later one as one.
    func merged(with later: FlagChange) -> FlagChange {
        var merged = FlagChange(revision: later.revision, flags: .everything)
        if case .keys(let keys) = flags, case .keys(let more) = later.flags {
            let all = keys.union(more)
            if all.count <= Self.maximumKeys { merged.flags = .keys(all) }
        }
        return merged
    }
}
