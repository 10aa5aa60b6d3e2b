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
        let laneWakeUp = try WakeUp()
        let orders = Outbox<SyncOrder>(limit: 1_000_000, wakeUp: laneWakeUp)
        let (link, lane) = try await startThreads(wakeUp, laneWakeUp, orders, stop)
        let end: @Sendable () -> Void = {
            stop.set()
            wakeUp.wake()
        }
        await withTaskGroup(of: Void.self) { group in
            if let address = configuration.health {
                let check = HealthCheck(
                    address: address, vitals: live.vitals, logger: logger, limit: configuration.healthTimeout
                ) {
                    orders.append(.vitals)
                }
                group.addTask { await check.run() }
            }
            await withTaskCancellationHandler {
                await withGracefulShutdownHandler {
                    await link.join()
                    await lane.join()
                } onGracefulShutdown: {
                    end()
                }
            } onCancel: {
                end()
            }
            group.cancelAll()
        }
        logger.info("stopped")
    }

    /// The link's thread stops by the flag, and the lane's by the link's goodbye. The last of them ends the context.
    private func startThreads(
        _ wakeUp: WakeUp, _ laneWakeUp: WakeUp, _ orders: Outbox<SyncOrder>, _ stop: StopFlag
    ) async throws -> (link: ZMQThread, lane: ZMQThread) {
        let news = Outbox<SyncNews>(limit: 1_000, wakeUp: wakeUp)
        let (lane, context) = try await ZMQThread.start(name: "agent-sync") {
            [start, configuration, counters, logger] in
            let context = try ZMQContext()
            let lane = try SyncLane(
                start: start, configuration: configuration, counters: counters, context: context, wakeUp: laneWakeUp,
                orders: orders, news: news, logger: logger)
            return (lane, context)
        } loop: { lane in
            lane.run()
        }
        do {
            let (link, _) = try await ZMQThread.start(name: "agent-link") {
                [start, configuration, counters, logger] in
                let link = try AgentLink(
                    start: start, configuration: configuration, counters: counters, context: context, wakeUp: wakeUp,
                    orders: orders, news: news, isStopping: stop, logger: logger)
                return (link, ())
            } loop: { link in
                link.run()
            }
            return (link, lane)
        } catch {
            orders.append(.goodbye(HeldState(done: PendingCommit(start).done)))
            await lane.join()
            throw error
        }
    }
}
