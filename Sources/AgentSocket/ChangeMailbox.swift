import Agent
import JSON
import LookupProtocol
import Synchronization

/// Swaps on their way from the swapping thread to one event loop. Many swaps while the loop is busy become one wake-up
/// and one change: the hand-over stays small however fast changes come.
final class ChangeMailbox: Sendable {
    private let waiting = Mutex<LiveState.Change?>(nil)

    /// True if the loop must be woken to `take`.
    func put(_ change: LiveState.Change) -> Bool {
        waiting.withLock { waiting in
            guard let before = waiting else {
                waiting = change
                return true
            }
            waiting = before.merged(with: change)
            return false
        }
    }

    func take() -> LiveState.Change? {
        waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
    }
}

extension LiveState.Change {
    /// Both changes as one: sorted keys, or everything when there are too many to name.
    func merged(with other: LiveState.Change) -> LiveState.Change {
        guard case .flags(let keys) = self, case .flags(let others) = other else { return .everything }
        if keys == others { return self }
        guard keys.count + others.count <= 2 * ChangeNotice.maximumKeys else { return .everything }
        let all = Set(keys.lazy.map { ExactString($0) }).union(others.lazy.map { ExactString($0) })
        return all.count > ChangeNotice.maximumKeys ? .everything : .flags(all.sorted().map(\.text))
    }

    /// As the binary protocol tells it.
    var noticeKeys: [String]? {
        if case .flags(let keys) = self, keys.count <= ChangeNotice.maximumKeys { keys } else { nil }
    }
}
