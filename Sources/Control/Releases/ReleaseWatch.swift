import HashTreeCollections
import JSON
import Releases
import Replication

/// When releases are to be looked at, and which of them have something to do by themselves. Pure: the keeper around it asks
/// often, and has the committer decide again on what is due.
struct ReleaseWatch: Sendable {
    /// Milliseconds. Whatever changes without a sound, such as the time or an agent's silence, is seen within that.
    static let lookEvery: Int64 = 500

    /// What changes when a release may have something to do: counters of the agents' reports, and of changes.
    struct Sounds: Sendable, Hashable {
        var reports: UInt64
        var changes: UInt64
    }

    private var heard: Sounds?
    private var nextLook: Int64 = 0
    /// When the next armed release opens, by the calendar in milliseconds.
    private var nextOpening: Int64?

    /// Whether it is time to look, by what has changed, by the steady clock, and by the calendar where a release opens.
    mutating func isTime(_ sounds: Sounds, at time: ReleaseTime) -> Bool {
        let opens = nextOpening.map { time.wall >= $0 } ?? false
        guard sounds != heard || time.steady >= nextLook || opens else { return false }
        nextOpening = nil
        heard = sounds
        nextLook = time.steady + Self.lookEvery
        return true
    }

    /// Takes note of when the armed releases of an environment open that have yet to.
    mutating func note(openingsIn state: EnvironmentState, at time: ReleaseTime) {
        for release in state.releases.values where release.state == .armed {
            guard let opens = release.opens.map({ $0 * 1_000 }), opens > time.wall else { continue }
            nextOpening = min(opens, nextOpening ?? opens)
        }
    }

    /// The names of an environment's releases that have something to do, in order. None while it takes no writes.
    ///
    /// - Parameter observe: is asked once, where there is a release that may have something to do.
    static func due(
        in state: EnvironmentState, at time: ReleaseTime, observe: () -> FleetObservation
    ) -> [String] {
        guard state.log.blocked == nil else { return [] }
        let moving = state.releases.values.filter { $0.state.isActive || $0.state == .scheduled }
        guard !moving.isEmpty else { return [] }
        let fleet = observe()
        return moving.filter { $0.due(ReleaseFacts(of: $0, on: state, fleet), at: time) != nil }
            .map(\.plan.name).sorted { $0.precedesInBytes($1) }
    }
}
