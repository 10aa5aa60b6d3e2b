import Replication

/// How far this agent's clock is ahead of control's, by what heartbeats say of control's. Pure: it is told what came and when.
///
/// A heartbeat bears the time at which it was sent, by control's clock. This agent's clock at its arrival, minus that, is
/// the skew and what the heartbeat took on its way: delay makes an agent look ahead, never behind. So the smallest of the last
/// `count` differences counts. It is too large by the quickest of those deliveries (on one machine or in one network, a
/// few milliseconds) and, since both clocks are read in whole milliseconds, wrong by up to one more; never too small by more
/// than that one. A clock that is set back shows at the next heartbeat, one that is set ahead after `count` of them: two
/// seconds.
struct ClockComparison {
    private static let count = 4
    /// What was measured before such a silence says nothing of now. Monotonic milliseconds.
    private static let forgottenAfter: UInt64 = 5_000

    private var node: UInt64?
    private var lastAt: UInt64 = 0
    private var differences: [Int64] = []

    /// - Parameters:
    ///   - wall: this agent's clock when the heartbeat came, milliseconds since 1970.
    ///   - now: monotonic milliseconds.
    /// - Returns: the skew in milliseconds; positive: this agent is ahead.
    mutating func receive(_ heartbeat: Heartbeat, wall: UInt64, now: UInt64) -> Int64 {
        // Another process may run on another machine.
        if node != heartbeat.node || now > lastAt + Self.forgottenAfter { differences = [] }
        node = heartbeat.node
        lastAt = now
        if differences.count == Self.count { differences.removeFirst() }
        let difference = Int64(clamping: wall).subtractingReportingOverflow(Int64(clamping: heartbeat.clock))
        differences.append(difference.overflow ? .max : difference.partialValue)
        return differences.min() ?? 0
    }
}
