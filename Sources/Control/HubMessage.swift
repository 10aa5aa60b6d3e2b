import Replication

/// What other threads hand to the hub.
enum HubMessage: Sendable {
    case committed(CommittedGroup)
    /// Stops heartbeats, sends what is queued, closes the sockets.
    case stop
}
