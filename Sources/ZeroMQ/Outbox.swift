import Synchronization

/// What other threads hand to the thread that owns the sockets, in order. Nothing is dropped silently: beyond its limit,
/// and once closed, it refuses and says so.
package final class Outbox<Element: Sendable>: Sendable {
    private struct Contents {
        var elements: [Element] = []
        var isClosed = false
    }

    package let limit: Int
    private let wakeUp: WakeUp
    private let contents = Mutex(Contents())

    /// - Parameter limit: how many elements may wait; a sane owner's loop never comes near it.
    package init(limit: Int, wakeUp: WakeUp) {
        self.limit = limit
        self.wakeUp = wakeUp
    }

    /// Hands over and wakes the owner. False when the limit is reached or the owner is gone.
    @discardableResult
    package func append(_ element: Element) -> Bool {
        let isTaken = contents.withLock { contents in
            guard !contents.isClosed, contents.elements.count < limit else { return false }
            contents.elements.append(element)
            return true
        }
        if isTaken { wakeUp.wake() }
        return isTaken
    }

    /// Everything that waits. For the owner, after `WakeUp.acknowledge`.
    package func takeAll() -> [Element] {
        contents.withLock { contents in
            guard !contents.elements.isEmpty else { return [] }
            let taken = contents.elements
            contents.elements = []
            return taken
        }
    }

    /// Refuses all that comes later; what still waited is returned, so that its senders can be answered.
    package func close() -> [Element] {
        contents.withLock { contents in
            contents.isClosed = true
            let taken = contents.elements
            contents.elements = []
            return taken
        }
    }

    package var count: Int { contents.withLock { $0.elements.count } }
}
