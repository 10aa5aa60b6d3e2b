/// Where an agent's catch-up stands. One at a time.
enum CatchUp: Sendable {
    case none
    /// Jitter, back-off, or control's wish, until then.
    case waiting(until: UInt64, attempt: Int)
    /// Asked what follows one's own revision, or for the rest of a large delta.
    case asking(Asking)
    /// Reading a manifest page by page.
    case comparing(Comparing)
    /// Fetching the entries that differ.
    case fetching(Fetching)

    struct Asking: Sendable {
        var request: UInt64
        var deadline: UInt64
        var attempt: Int
        /// A large delta, as far as it is there.
        var part: Part?
    }

    struct Part: Sendable {
        var number: UInt64
        var bytes: [UInt8]
    }

    struct Comparing: Sendable {
        var request: UInt64
        var deadline: UInt64
        var attempt: Int
        var session: UInt64
        var revision: Revision
        var digest: Digest
        var lines: [ManifestLine]
    }

    struct Fetching: Sendable {
        var request: UInt64
        var deadline: UInt64
        var attempt: Int
        var session: UInt64
        var digest: Digest
        var candidate: ReplicatedState
        /// Everything is fetched, whatever this agent holds.
        var isWhole: Bool
        var changes: [EntryChange]
        var keys: ArraySlice<EntryKey>
        var pilots: ArraySlice<String>
    }

    var deadline: UInt64? {
        switch self {
        case .none: nil
        case .waiting(let until, _): until
        case .asking(let asking): asking.deadline
        case .comparing(let comparing): comparing.deadline
        case .fetching(let fetching): fetching.deadline
        }
    }

    var attempt: Int {
        switch self {
        case .none: 0
        case .waiting(_, let attempt): attempt
        case .asking(let asking): asking.attempt
        case .comparing(let comparing): comparing.attempt
        case .fetching(let fetching): fetching.attempt
        }
    }

    /// Is the state that this agent holds the base of a comparison that is under way?
    var readsSnapshot: Bool {
        switch self {
        case .comparing, .fetching: true
        case .none, .waiting, .asking: false
        }
    }
}
