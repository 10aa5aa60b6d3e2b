import Replication
import Synchronization

/// What an agent knows of itself besides what it holds: whether the service beside it is well, and how far its clock is from
/// control's. Written by the health check and by the link's thread, read by any.
package final class AgentVitals: Sendable {
    private let healthCode = Atomic<UInt8>(ServiceHealth.unchecked.rawValue)
    /// `unmeasured` before the first heartbeat.
    private let milliseconds = Atomic<Int64>(unmeasured)

    private static let unmeasured = Int64.min

    package init() {}

    package var health: ServiceHealth {
        get { ServiceHealth(rawValue: healthCode.load(ordering: .relaxed)) ?? .unchecked }
        set { healthCode.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Milliseconds by which the clock of evaluations is ahead of control's, as last measured (`ClockComparison`); negative:
    /// behind. Nil before the first heartbeat. Whoever wants to know whether it is so now asks `LiveState.skew`.
    package var measuredSkew: Int64? {
        get {
            let value = milliseconds.load(ordering: .relaxed)
            return value == Self.unmeasured ? nil : value
        }
        set { milliseconds.store(newValue ?? Self.unmeasured, ordering: .relaxed) }
    }
}
