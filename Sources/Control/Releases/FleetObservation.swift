import JSON
import Releases
import Replication

/// An environment's agents as gates and openings look at them, at one moment.
package struct FleetObservation: Sendable {
    /// Live and silent ones; those that are gone count no more.
    package var agents: [ObservedAgent]
    /// Live agents whose clock is too far from control's, in words.
    package var skewed: [String]
    /// Agents whose clock isn't known, in words.
    package var clocksAwaited: [String]

    package init(agents: [ObservedAgent] = [], skewed: [String] = [], clocksAwaited: [String] = []) {
        self.agents = agents
        self.skewed = skewed
        self.clocksAwaited = clocksAwaited
    }

    init(_ fleet: [Registry.Entry]) {
        let present = fleet.filter { $0.state != .gone }
        agents = present.map { entry in
            ObservedAgent(
                id: entry.record.id, name: entry.record.name, service: entry.record.service,
                version: entry.record.serviceVersion, isLive: entry.state == .live,
                health: ObservedAgent.Health(entry.record.health), isAwaited: entry.isAwaited,
                isDuplicate: entry.isDuplicate)
        }
        clocksAwaited = present.filter { $0.isAwaited || $0.state == .live && $0.record.skew == nil }
            .map { "agent \($0.record.name) hasn't told how its clock goes" }
        skewed = present.filter { $0.state == .live && $0.record.isSkewed }.map { entry in
            let skew = entry.record.skew ?? 0
            let seconds = (Double(skew.magnitude) / 100).rounded() / 10
            return "agent \(entry.record.name) is \(seconds) s \(skew > 0 ? "ahead" : "behind")"
        }
    }
}

extension ObservedAgent.Health {
    fileprivate init(_ health: ServiceHealth) {
        self =
            switch health {
            case .unchecked: .unchecked
            case .passing: .passing
            case .failing: .failing
            case .unknown: .unknown
            }
    }
}

extension AgentRecord {
    /// Too far from control's clock for an opening at a time.
    var isSkewed: Bool { (skew ?? 0).magnitude > ReleaseFacts.mostSkew.magnitude }

    /// Whether a gate, or an opening, may see this agent with other eyes now.
    func isSeenDifferently(from other: AgentRecord) -> Bool {
        !service.isExactly(other.service) || !serviceVersion.isExactly(other.serviceVersion)
            || health != other.health || isSkewed != other.isSkewed || departure != other.departure
    }
}
