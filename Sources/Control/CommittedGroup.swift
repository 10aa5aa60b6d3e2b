import Replication

/// What one transaction did to one environment: on disk, and to be published in this order.
package struct CommittedGroup: Sendable {
    package var environment: String
    /// The state with all of it; also what a new environment or epoch begins with.
    package var state: ReplicatedState
    package var deltas: [RecentDeltas.Item]
    /// What is to reach agents ahead of everything that waits.
    package var kills: [UrgentKill] = []
}
