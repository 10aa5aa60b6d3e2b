import Replication
import Synchronization

/// Every environment as it stands on disk, for readers on any thread. The committer replaces a whole environment at once:
/// a reader sees all of a change or nothing.
package final class PublishedEnvironments: Sendable {
    private let states: Mutex<[String: EnvironmentState]>

    package init(_ states: [EnvironmentState] = []) {
        self.states = Mutex(Dictionary(uniqueKeysWithValues: states.map { ($0.name, $0) }))
    }

    package subscript(name: String) -> EnvironmentState? { states.withLock { $0[name] } }

    /// Sorted by name.
    package var all: [EnvironmentState] { states.withLock { Array($0.values) }.sorted { $0.name < $1.name } }

    package var names: [String] { states.withLock { Array($0.keys) }.sorted() }

    func set(_ state: EnvironmentState) { states.withLock { $0[state.name] = state } }

    func find(_ name: String) throws(Refusal) -> EnvironmentState {
        if let state = self[name] { return state }
        throw .unknownEnvironment(name, known: names)
    }
}
