/// Changes on their way to those who follow them. Each follower has room for one change: what comes before it is taken is
/// merged into it, so nothing is dropped and nothing grows.
struct ChangeBoard<Waiter: Sendable>: Sendable {
    private struct Follower {
        var waiting: FlagChange?
        var waiter: Waiter?
        var hasEnded = false
    }

    enum Next: Sendable {
        /// Nil: there will be no more.
        case now(FlagChange?)
        /// The waiter is kept until there is something to say.
        case later
    }

    private var followers: [UInt64: Follower] = [:]
    private var nextID: UInt64 = 0
    private var isFinished = false
    /// The newest revision that this connection has told of; nil before the first.
    private var told: FlagRevision??

    /// A new follower; it is told everything first, at once if the agent has been heard on this connection.
    mutating func follow() -> UInt64 {
        nextID += 1
        let waiting = told.map { FlagChange(everythingAt: $0) }
        followers[nextID] = Follower(waiting: waiting, hasEnded: isFinished)
        return nextID
    }

    mutating func unfollow(_ id: UInt64) { followers[id] = nil }

    /// What the follower is to be told next. `displaced` is the waiter of an earlier call that hasn't returned.
    mutating func next(_ id: UInt64, waiter: Waiter) -> (next: Next, displaced: Waiter?) {
        guard var follower = followers[id], !follower.hasEnded else { return (.now(nil), nil) }
        if let change = follower.waiting {
            followers[id]?.waiting = nil
            return (.now(change), nil)
        }
        let displaced = follower.waiter
        follower.waiter = waiter
        followers[id] = follower
        return (.later, displaced)
    }

    /// Waiters to be told at once.
    mutating func publish(_ change: FlagChange) -> [Waiter] {
        told = change.revision
        var waiters: [Waiter] = []
        for (id, follower) in followers {
            if let waiter = follower.waiter {
                waiters.append(waiter)
                followers[id]?.waiter = nil
            } else {
                followers[id]?.waiting = follower.waiting.map { $0.merged(with: change) } ?? change
            }
        }
        return waiters
    }

    /// Until the next connection's first change, nobody knows what the agent holds.
    mutating func disconnected() { told = nil }

    /// Ends one follower; its waiter, if any, is to be told nil.
    mutating func end(_ id: UInt64) -> Waiter? {
        let waiter = followers[id]?.waiter
        followers[id]?.waiter = nil
        followers[id]?.hasEnded = true
        return waiter
    }

    /// Ends all; the waiters are to be told nil.
    mutating func finish() -> [Waiter] {
        isFinished = true
        return followers.keys.sorted().compactMap { end($0) }
    }
}
