/// The changes of an environment's flags and components, as the agent applies them: see ``FlagClient/changes``.
///
/// The first change of each iteration is ``FlagChange/Flags/everything`` and every component, and so is the first after each reconnect: what
/// happened in between is never missed silently. What comes while an iteration is busy is merged into one change. The
/// sequence ends when the client is shut down or the iterating task is cancelled.
public struct FlagChanges: AsyncSequence, Sendable {
    /// One change, or several merged.
    public typealias Element = FlagChange
    /// It never fails: while the agent is away there is merely nothing to tell.
    public typealias Failure = Never

    private let client: FlagClient

    init(_ client: FlagClient) { self.client = client }

    /// Begins to follow.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(ChangeSubscription(client)) }

    /// One who follows the changes.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let subscription: ChangeSubscription

        init(_ subscription: ChangeSubscription) { self.subscription = subscription }

        /// Waits for the next change; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> FlagChange? {
            await subscription.next()
        }
    }
}

/// A place on the change board, given back when the last reference goes. Keeps the client alive.
final class ChangeSubscription: Sendable {
    private let client: FlagClient
    private let id: UInt64

    init(_ client: FlagClient) {
        self.client = client
        id = client.engine.follow()
    }

    deinit { client.engine.unfollow(id) }

    func next() async -> FlagChange? {
        let (engine, id) = (client.engine, id)
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { engine.nextChange(id, $0) }
        } onCancel: {
            engine.endFollowing(id)
        }
    }
}
