import Flags
import Harness
import JSON
import Logging
import ServiceLifecycle

@testable import Agent

/// A sidecar agent in this process, started and stopped as its binary would.
final class RunningAgent: Sendable {
    let agent: SidecarAgent
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ configuration: AgentConfiguration, _ log: LogLines) async throws {
        let agent = try await SidecarAgent.open(configuration, logger: log.logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: agent)], logger: Logger(label: "group")))
        self.agent = agent
        self.group = group
        // What it has only so much time for isn't to wait for tests that compute.
        task = Task(executorPreference: TestThreads.shared) { try await group.run() }
    }

    var live: LiveSnapshot { agent.live.load() }

    func value(of key: String) -> JSONValue? {
        live.flags.evaluate(key, context: EvaluationContext(targetingKey: "ann"), unixSeconds: 0).value
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }
}
