import LookupProtocol

/// What may be answered differently from now on.
///
/// A lookup that is made after a change came is answered from ``revision`` or a later one.
public struct FlagChange: Sendable, Hashable {
    /// Which flags.
    public enum Flags: Sendable, Hashable {
        /// Any of them: look up again whatever you keep. Said first of all, after each reconnect, after a resync of the
        /// agent, at a new epoch, and when too many flags and components changed to name them.
        case everything
        /// These, by key; none when only components changed.
        case keys(Set<String>)
    }

    /// Which components.
    public enum Components: Sendable, Hashable {
        /// Any of them, whenever it is any flag.
        case everything
        /// These, by name; none when only flags changed.
        case names(Set<String>)
    }

    /// The state that the agent answers from; nil while it holds no confirmed state.
    public var revision: FlagRevision?
    /// The flags whose answers may differ.
    public var flags: Flags
    /// The components whose versions may differ.
    public var components: Components

    /// Whether the flag `key` is among them.
    public func concerns(_ key: String) -> Bool {
        switch flags {
        case .everything: true
        case .keys(let keys): keys.contains(key)
        }
    }

    /// Whether the component `name` is among them.
    public func concerns(component name: String) -> Bool {
        switch components {
        case .everything: true
        case .names(let names): names.contains(name)
        }
    }

    /// More flags and components than this are told as everything.
    static let maximumKeys = ChangeNotice.maximumKeys

    /// Any flag and any component.
    init(everythingAt revision: FlagRevision?) {
        self.revision = revision
        flags = .everything
        components = .everything
    }

    init(revision: FlagRevision?, flags: Set<String>, components: Set<String> = []) {
        self.revision = revision
        self.flags = .keys(flags)
        self.components = .names(components)
    }

    init(_ notice: ChangeNotice) {
        guard let keys = notice.changedKeys else {
            self.init(everythingAt: FlagRevision(notice.stamp))
            return
        }
        var (flags, components): (Set<String>, Set<String>) = ([], [])
        for key in keys {
            if let name = MarkedKey.component(of: key) { components.insert(name) } else { flags.insert(key) }
        }
        self.init(revision: FlagRevision(notice.stamp), flags: flags, components: components)
    }

    /// This one and a later one as one.
    func merged(with later: FlagChange) -> FlagChange {
        if case .keys(let keys) = flags, case .keys(let more) = later.flags,
            case .names(let names) = components, case .names(let others) = later.components
        {
            let (keys, names) = (keys.union(more), names.union(others))
            if keys.count + names.count <= Self.maximumKeys {
                return FlagChange(revision: later.revision, flags: keys, components: names)
            }
        }
        return FlagChange(everythingAt: later.revision)
    }
}
