import Replication
import Synchronization

/// Every environment as it stands on disk, for readers on any thread. The committer replaces a whole environment at once:
/// a reader sees all of a change or nothing.
package final class PublishedEnvironments: Sendable {
    private let states: Mutex<[String: EnvironmentState]>
    private let changes = Atomic<UInt64>(0)
    private let watchers = Mutex<[UInt64: Watcher]>([:])

    private struct Watcher {
        /// Nil for each of them.
        var environment: String?
        var continuation: AsyncStream<Void>.Continuation
    }

    package init(_ states: [EnvironmentState] = []) {
        self.states = Mutex(Dictionary(uniqueKeysWithValues: states.map { ($0.name, $0) }))
    }

    /// Gives an element after each change of an environment, or of any; changes during the work on one element make one
    /// more.
    func changes(of environment: String? = nil) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = watchers.withLock { watchers in
            let id = (watchers.keys.max() ?? 0) + 1
            watchers[id] = Watcher(environment: environment, continuation: continuation)
            return id
        }
        continuation.onTermination = { [weak self] _ in self?.forget(id) }
        return stream
    }

    private func forget(_ id: UInt64) { watchers.withLock { _ = $0.removeValue(forKey: id) } }

    package subscript(name: String) -> EnvironmentState? { states.withLock { $0[name] } }

    /// Sorted by name.
    package var all: [EnvironmentState] { states.withLock { Array($0.values) }.sorted { $0.name < $1.name } }

    package var names: [String] { states.withLock { Array($0.keys) }.sorted() }

    /// Moves with each change of any environment.
    var generation: UInt64 { changes.read() }

    func set(_ state: EnvironmentState) {
        states.withLock { $0[state.name] = state }
        changes.count()
        let concerned = watchers.withLock { watchers in
            watchers.values.filter { $0.environment == nil || $0.environment == state.name }
        }
        for watcher in concerned { watcher.continuation.yield() }
    }

    func find(_ name: String) throws(Refusal) -> EnvironmentState {
        if let state = self[name] { return state }
        throw .unknownEnvironment(name, known: names)
    }
}
