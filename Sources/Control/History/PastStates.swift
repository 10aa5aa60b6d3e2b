import Replication
import Synchronization

/// Earlier states of environments, and for a minute after each use some on the way to them: who asks about one revision asks
/// about others near by, and then but a few revisions have to be taken back. States share what they have in common.
final class PastStates: Sendable {
    private let store: StoreReader
    private let kept = Mutex(Kept())

    private struct Kept {
        /// By environment.
        var states: [Int64: [ReplicatedState]] = [:]
        var isUsed = false
        var isWatched = false
    }

    /// One state in so many numbers is kept.
    private static let spacing: UInt64 = 32
    private static let mostKept = 256
    private static let keptFor = Duration.seconds(60)

    init(_ store: StoreReader) { self.store = store }

    /// The state at an earlier number, with that revision. Nil when that number isn't there, or no longer.
    func state(at number: UInt64, from head: EnvironmentState) async throws(ControlError) -> ReplicatedState? {
        let newest = head.committed.revision.number
        guard number < newest else { return number == newest ? head.committed : nil }
        let later = kept.withLock { kept in
            kept.states[head.id]?.filter { $0.revision.number >= number }
                .min { $0.revision.number < $1.revision.number }
        }
        let found = try await store.states(
            at: number, in: head.id, from: later ?? head.committed, noting: Self.spacing)
        keep(found, of: head.id)
        return found.last
    }

    private func keep(_ found: [ReplicatedState], of environment: Int64) {
        let isToBeWatched = kept.withLock { kept in
            let known = Set((kept.states[environment] ?? []).map(\.revision.number))
            let new = found.filter { !known.contains($0.revision.number) }
            kept.states[environment] = ((kept.states[environment] ?? []) + new).suffix(Self.mostKept)
            kept.isUsed = true
            defer { kept.isWatched = true }
            return !kept.isWatched
        }
        guard isToBeWatched else { return }
        Task { [weak self] in
            repeat { try? await Task.sleep(for: Self.keptFor) } while self?.isStillUsed ?? false
        }
    }

    /// Whether anybody asked since this was asked last; lets go of everything where nobody did.
    private var isStillUsed: Bool {
        kept.withLock { kept in
            guard !kept.isUsed else {
                kept.isUsed = false
                return true
            }
            kept = Kept()
            return false
        }
    }
}
