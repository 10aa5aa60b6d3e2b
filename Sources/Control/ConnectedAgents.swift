import Replication

/// Which agents are connected, by environment and routing id, as far as their messages tell: whom an urgent kill goes to.
/// Pure: it is told what was heard and when (milliseconds of uptime).
struct ConnectedAgents {
    private var lastHeard: [String: [[UInt8]: UInt64]] = [:]

    /// Longer than the registry waits for an agent that is silent, by what a report may take.
    static let forgottenAfter = Registry.silentFor + 10_000

    mutating func hear(_ peer: [UInt8], in environment: String, now: UInt64) {
        lastHeard[environment, default: [:]][peer] = now
    }

    /// It said goodbye, or can't be reached any more.
    mutating func forget(_ peer: [UInt8], in environment: String) { lastHeard[environment]?[peer] = nil }

    mutating func expire(now: UInt64) {
        for environment in lastHeard.keys {
            lastHeard[environment] = lastHeard[environment]?.filter { now <= $0.value + Self.forgottenAfter }
        }
    }

    func peers(in environment: String) -> [[UInt8]] { lastHeard[environment].map { Array($0.keys) } ?? [] }
}
