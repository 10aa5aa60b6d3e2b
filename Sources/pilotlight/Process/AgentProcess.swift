import Agent
import AgentSocket
import CoreMetrics
import Logging
import Prometheus
import ServiceLifecycle

/// What an agent's process consists of, in the order of starting: the link to control, then the lookup socket in front.
enum AgentProcess {
    /// Reads the cache: when this returns, lookups could be answered.
    static func services(
        _ agent: AgentConfiguration, _ listen: LookupServerConfiguration, logger: Logger
    ) async throws -> [any Service] {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let sidecar = try await SidecarAgent.open(agent, logger: logger)
        let counters = sidecar.counters
        let server = LookupServer(
            configuration: listen, live: sidecar.live, environment: agent.environment,
            version: PilotlightCommand.version,
            moreMetrics: [{ LinkMetrics.render(counters, to: &$0) }, { registry.render(to: &$0) }], logger: logger)
        return [sidecar, server]
    }
}
