import Foundation
import Hummingbird
import Logging
import NIOCore
import Outbound
import Replication
import ServiceLifecycle

/// A control node: the one writer of its environments, their publisher, and the operator API in front.
///
/// `run` serves until the service group shuts down, then in this order: takes no more requests, lets releases and the
/// webhook rest, finishes the last group of changes, stops the heartbeats, writes the registry down, and folds the
/// write-ahead log into the store.
package final class ControlNode: Service {
    private let configuration: ControlConfiguration
    private let logger: Logger
    private let started = Signal<Result<ControlPorts, any Error>>()

    package init(_ configuration: ControlConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// For a deployment's check and for the webhook.
    private static let longestCall = Duration.seconds(10)

    /// The ports that are listened on: returns once the node serves, throws why it could not.
    package func ports() async throws -> ControlPorts { try await started.wait().get() }

    package func run() async throws {
        do {
            try await serve()
        } catch {
            started.send(.failure(error))
            throw error
        }
        started.send(.failure(CancellationError()))
    }

    private func serve() async throws {
        let address = try checkedAddress()
        let signer = try configuration.webhook?.signer()
        let directory = configuration.dataDirectory
        try Self.makeDirectory(directory)
        let lock = try DirectoryLock(directory: directory)
        defer { withExtendedLifetime(lock) {} }
        BackupFile.removeAll(in: directory)
        let store = try ControlStore(directory: directory, clock: Moment.now.wall)
        let loaded = try store.load()
        announce(loaded)
        let reader = try StoreReader(path: store.path)
        // What takes long to read holds up nobody else, and what the webhook and the metrics ask waits for nobody.
        let pastReader = try StoreReader(path: store.path)
        let outboxReader = try StoreReader(path: store.path)
        let readers = [reader, pastReader, outboxReader]

        let clock = ReleaseClock(after: loaded.time)
        let registry = SharedRegistry(Registry(loaded.agents, started: .now, liveFor: configuration.liveFor))
        let published = PublishedEnvironments(loaded.environments.map(\.state))
        let inbox = try Hub.Inbox()
        let committer = Committer(
            store: store, states: loaded.environments.map(\.state), published: published,
            historyKeep: configuration.historyKeep, hasWebhook: signer != nil, logger: logger,
            sight: CommitterSight(time: { clock.now }, observe: { registry.observe($0) }),
            publish: { inbox.publish($0) })
        let hub: Hub
        do {
            hub = try await Hub.start(
                inbox,
                Hub.Setting(
                    address: address, publishPort: configuration.publishPort, syncPort: configuration.syncPort,
                    environments: loaded.environments, registry: registry, committer: committer,
                    node: UInt64.random(in: 1...UInt64.max), logger: logger))
        } catch {
            await committer.stop()
            for reader in readers { reader.close() }
            store.close()
            throw error
        }
        let caller = HTTPCaller(limit: Self.longestCall)
        let webhook = WebhookView(
            isSet: signer != nil, statistics: WebhookStatistics(), store: outboxReader)
        let api = OperatorAPI(
            published: published, store: reader, past: PastStates(pastReader), dataDirectory: directory,
            committer: committer, registry: registry, probe: DeploymentProbe(caller: caller), webhook: webhook,
            statistics: hub.counts, clock: clock, logger: logger)
        let sending = Task {
            guard let setting = configuration.webhook, let signer else { return }
            await WebhookSender(
                setting: setting, signer: signer, outbox: WebhookOutbox(outboxReader, committer, published),
                caller: caller,
                statistics: webhook.statistics, logger: logger
            ).run()
        }
        let keeper = ReleaseKeeper(published, registry, committer, logger: logger, time: { clock.now })
        let keeping = Task { await keeper.run() }
        let served: Result<Void, any Error>
        do {
            try await serve(application(api, hub, address), watching: hub)
            served = .success(())
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            served = .failure(
                ControlError.binding(
                    address: "\(address.number):\(configuration.apiPort)", reason: "the address is in use"))
        } catch {
            served = .failure(error)
        }
        keeping.cancel()
        sending.cancel()
        await keeping.value
        await sending.value
        await caller.shutdown()
        await committer.stop()
        await hub.stop()
        let rows = registry.change { $0.unwritten(now: .now, everything: true) }
        do {
            try store.write([], agents: rows, time: clock.now)
        } catch {
            logger.error("the registry could not be written down", metadata: ["error": "\(error)"])
        }
        for reader in readers { reader.close() }
        store.checkpoint(emptying: true)
        store.close()
        PortsFile(directory: directory).remove()
        logger.info("control node stopped")
        try served.get()
    }

    /// Returns when the API has stopped; ends it if the hub fails.
    private func serve(_ api: some ApplicationProtocol, watching hub: Hub) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { hub.stopWatching() }
                try await api.run()
            }
            group.addTask { try await hub.watch() }
            defer { group.cancelAll() }
            for try await _ in group {}
        }
    }

    // MARK: Starting

    private func checkedAddress() throws(ControlError) -> ListenAddress {
        let address = try ListenAddress(configuration.host)
        guard !address.isLoopback else { return address }
        guard configuration.insecure else { throw .plainTextBinding(host: configuration.host) }
        logger.warning(
            """
            --insecure: \(configuration.host) can be reached from other machines, in plain text and without keys. \
            Whoever reaches these ports can read every flag and publish changes.
            """)
        return address
    }

    static func makeDirectory(_ path: String) throws(ControlError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw .directory(path: path, reason: (error as NSError).localizedDescription)
        }
    }

    private func announce(_ loaded: LoadedStore) {
        if configuration.liveFor != Registry.usualLiveFor {
            logger.warning(
                """
                PILOTLIGHT_TEST_LIVE_FOR: agents count as live for \(configuration.liveFor) ms after a report; for tests \
                alone
                """)
        }
        for environment in loaded.environments {
            let state = environment.state
            logger.info(
                "environment loaded",
                metadata: [
                    "environment": "\(state.name)", "revision": "\(state.committed.revision)",
                    "entries": "\(state.committed.entryCount)",
                ])
            if let blocked = state.log.blocked {
                logger.critical(
                    """
                    environment \(state.name) still TAKES NO WRITES: \(blocked) Go on with what this node holds: \
                    pilotlight environment new-epoch \(state.name) --yes
                    """)
            }
        }
    }

    private func application(
        _ api: OperatorAPI, _ hub: Hub, _ address: ListenAddress
    ) -> some ApplicationProtocol {
        // Hummingbird's own lines tell of every request and start: ours say what an operator needs.
        var quiet = Logger(label: "pilotlight.api", factory: { [handler = logger.handler] _ in handler })
        quiet.logLevel = max(logger.logLevel, .warning)
        return Application(
            router: api.router(),
            configuration: ApplicationConfiguration(
                address: .hostname(address.number, port: configuration.apiPort), serverName: "pilotlight"),
            onServerRunning: { [self] channel in
                serving(
                    ControlPorts(
                        api: channel.localAddress?.port ?? configuration.apiPort, publish: hub.publishPort,
                        sync: hub.syncPort))
            },
            logger: quiet)
    }

    private func serving(_ ports: ControlPorts) {
        PortsFile(directory: configuration.dataDirectory).write(ports)
        logger.info(
            "control node serves",
            metadata: [
                "host": "\(configuration.host)", "api": "\(ports.api)", "publish": "\(ports.publish)",
                "sync": "\(ports.sync)", "data": "\(configuration.dataDirectory)",
            ])
        started.send(.success(ports))
    }
}
