import Flags
import JSON
import Releases

/// A version that agents report to run beside.
struct ObservedVersion: Sendable, Hashable {
    var component: String
    /// Empty where they don't say.
    var version: String
    /// By name.
    var agents: [ObservedAgent]

    var live: [ObservedAgent] { agents.filter(\.isLive) }

    /// By component, the older version first; of agents that name a service.
    ///
    /// - Parameter component: nil for all.
    static func grouped(
        _ agents: [ObservedAgent], of component: String? = nil
    ) -> [ExactString: [ObservedVersion]] {
        var groups: [ExactString: [ExactString: [ObservedAgent]]] = [:]
        for agent in agents where !agent.service.isEmpty {
            if let component, !agent.service.isExactly(component) { continue }
            groups[ExactString(agent.service), default: [:]][ExactString(agent.version), default: []].append(agent)
        }
        var found: [ExactString: [ObservedVersion]] = [:]
        for (service, versions) in groups {
            found[service] = versions.sorted { ComponentVersion.precedes($0.key.text, $1.key.text) }.map {
                ObservedVersion(
                    component: service.text, version: $0.key.text,
                    agents: $0.value.sorted { ($0.name, $0.id) < ($1.name, $1.id) })
            }
        }
        return found
    }
}
