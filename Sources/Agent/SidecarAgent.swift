import Dispatch
import Logging
import ServiceLifecycle
import ZeroMQ

/// The sidecar: holds every flag and pilot group of one environment on disk and in memory, and follows its control nodes.
///
/// `open` reads the cache, so that lookups can be answered before `run` looks at any network.
package final class SidecarAgent: Service {
    package let configuration: AgentConfiguration
    package let identity: AgentIdentity
    /// What lookups see.
    package let live: LiveState
    package let counters = LinkCounters()
    private let start: AgentStart
    private let logger: Logger

    private init(_ start: AgentStart, _ configuration: AgentConfiguration, _ logger: Logger) {
        self.start = start
        self.configuration = configuration
        self.logger = logger
        identity = start.identity
        live = start.live
    }

    /// Takes the data directory for this process and starts from what its cache holds.
    package static func open(_ configuration: AgentConfiguration, logger: Logger) async throws -> SidecarAgent {
        guard !configuration.controlHosts.isEmpty else { throw AgentError.noControlHost }
        var logger = logger
        logger[metadataKey: "environment"] = "\(configuration.environment)"
        let labelled = logger
        // Not on Swift's cooperative pool: reading a large cache takes its time.
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        SidecarAgent(
                            try AgentStart(configuration, logger: labelled), configuration, labelled)
                    })
            }
        }
    }

    /// Follows the control nodes until a graceful shutdown or a cancellation; says goodbye then.
    package func run() async throws {
        let wakeUp = try WakeUp()
        let stop = StopFlag()
        defer {
            start.cache.close()
            start.directory.release()
        }
        let (thread, _) = try await ZMQThread.start(name: "agent-link") { [start, configuration, counters, logger] in
            let context = try ZMQContext()
            let link = try AgentLink(
                start: start, configuration: configuration, counters: counters, context: context, wakeUp: wakeUp,
                isStopping: stop, logger: logger)
            return (link, ())
        } loop: { link in
            link.run()
        }
        let end: @Sendable () -> Void = {
            stop.set()
            wakeUp.wake()
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await thread.join()
            } onGracefulShutdown: {
                end()
            }
        } onCancel: {
            end()
        }
        logger.info("stopped")
    }
}
