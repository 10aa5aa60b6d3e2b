import Agent
import Logging
import LookupProtocol
import NIOCore
import NIOPosix
import Prometheus
import Replication
import ServiceLifecycle

/// The agent's listeners: the Unix socket, and the TCP ports for OFREP and for probes if they are asked for.
package actor LookupServer: Service {
    /// Where a started server really listens.
    package struct Addresses: Sendable, Hashable {
        package var socketPath: String
        package var ofrepPort: Int?
        package var probePort: Int?
    }

    private let configuration: LookupServerConfiguration
    private let shared: ServerShared
    private let logger: Logger
    private var running: Running?

    private struct Running {
        var group: MultiThreadedEventLoopGroup
        var loops: [NIOLoopBound<LoopState>]
        var file: SocketFile
        var listeners: [any Channel]
        var addresses: Addresses
        var watch: LiveState.Watch
    }

    /// - Parameter moreMetrics: each adds its families to `/metrics`, on an event loop: it must not block.
    package init(
        configuration: LookupServerConfiguration, live: LiveState, environment: String, version: String = "0.1.0",
        moreMetrics: [@Sendable (inout PrometheusPage) -> Void] = [], logger: Logger
    ) {
        self.configuration = configuration
        self.logger = logger
        shared = ServerShared(
            configuration: configuration, live: live, environment: environment, version: version,
            moreMetrics: moreMetrics)
    }

    /// Listens until the graceful shutdown (or cancellation), then lets every answer leave and removes the socket file.
    package func run() async throws {
        try await start()
        try? await gracefulShutdown()
        await stop()
    }

    /// Listens; once. When it returns, connections are taken.
    @discardableResult
    package func start() async throws -> Addresses {
        if let running { return running.addresses }
        let file = try SocketFile.claim(
            path: configuration.socketPath, mode: configuration.socketMode, group: configuration.socketGroup)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.threads))
        var listeners: [any Channel] = []
        do {
            let loops = try await makeLoops(group)
            let byLoop = LoopStates(loops)
            listeners.append(
                try await bootstrap(group, byLoop, .socket).withBoundSocket(file.descriptor).get())
            var addresses = Addresses(socketPath: configuration.socketPath)
            if let port = configuration.ofrepPort {
                let listener = try await listen(
                    bootstrap(group, byLoop, .ofrep), [configuration.ofrepHost], port, option: "--ofrep-port")
                listeners.append(listener)
                addresses.ofrepPort = listener.localAddress?.port
            }
            if let port = configuration.probePort {
                let hosts = configuration.probeHost.map { [$0] } ?? ["::", "0.0.0.0"]
                let listener = try await listen(
                    bootstrap(group, byLoop, .probe), hosts, port, option: "--probe-port")
                listeners.append(listener)
                addresses.probePort = listener.localAddress?.port
            }
            running = Running(
                group: group, loops: loops, file: file, listeners: listeners, addresses: addresses,
                watch: pushSwaps(to: loops))
            log(addresses)
            return addresses
        } catch {
            for listener in listeners { try? await listener.close() }
            try? await group.shutdownGracefully()
            file.removeIfOurs()
            throw error
        }
    }

    /// Takes no more connections, answers what has come, closes, and removes the socket file if it is still ours.
    package func stop() async {
        guard let running else { return }
        self.running = nil
        for listener in running.listeners { try? await listener.close() }
        running.file.removeIfOurs()
        for loop in running.loops {
            try? await loop.eventLoop.flatSubmit { loop.value.quiesce() }.get()
        }
        shared.live.end(running.watch)
        try? await running.group.shutdownGracefully()
        logger.info("lookup socket closed", metadata: ["socket": "\(running.addresses.socketPath)"])
    }

    private func makeLoops(_ group: MultiThreadedEventLoopGroup) async throws -> [NIOLoopBound<LoopState>] {
        var loops: [NIOLoopBound<LoopState>] = []
        for (eventLoop, counters) in zip(group.makeIterator(), shared.loopCounters) {
            let shared = shared
            let bound = eventLoop.submit {
                NIOLoopBound(LoopState(eventLoop: eventLoop, shared: shared, counters: counters), eventLoop: eventLoop)
            }
            loops.append(try await bound.get())
        }
        return loops
    }

    private func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ loops: LoopStates, _ surface: Surface
    ) -> ServerBootstrap {
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: SocketFile.backlog)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let loop = loops.state(on: channel.eventLoop)
                    guard !loop.isQuiescing else { throw ChannelError.ioOnClosedChannel }
                    try channel.pipeline.syncOperations.addHandler(FirstBytes(loop: loop, surface: surface))
                }
            }
        if surface != .socket {
            bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        }
        return bootstrap
    }

    /// On the first of `hosts` that this machine has.
    private func listen(
        _ bootstrap: ServerBootstrap, _ hosts: [String], _ port: Int, option: String
    ) async throws -> any Channel {
        var reasons: [String] = []
        for host in hosts {
            do {
                return try await bootstrap.bind(host: host, port: port).get()
            } catch let error as IOError where error.errnoCode == EADDRINUSE {
                throw ListenProblem("port \(port) on \(host) is taken: choose another \(option)")
            } catch {
                reasons.append("\(host): \(error)")
            }
        }
        throw ListenProblem("can't listen on port \(port) (\(reasons.joined(separator: "; "))): check \(option)")
    }

    private func pushSwaps(to loops: [NIOLoopBound<LoopState>]) -> LiveState.Watch {
        let ways = loops.map { ($0, ChangeMailbox()) }
        let shared = shared
        return shared.live.onSwap { snapshot, change in
            shared.swapped(to: snapshot.revision?.number ?? 0)
            for (loop, mailbox) in ways where mailbox.put(change) {
                loop.eventLoop.execute {
                    if let change = mailbox.take() { loop.value.pushed(change) }
                }
            }
        }
    }

    private func log(_ addresses: Addresses) {
        var metadata: Logger.Metadata = ["socket": "\(addresses.socketPath)"]
        if let port = addresses.ofrepPort { metadata["ofrep"] = "\(configuration.ofrepHost):\(port)" }
        if let port = addresses.probePort { metadata["probe-port"] = "\(port)" }
        logger.info("answering lookups", metadata: metadata)
    }
}

/// The state of whichever loop a connection was given to.
struct LoopStates: Sendable {
    private let byLoop: [ObjectIdentifier: NIOLoopBound<LoopState>]

    init(_ loops: [NIOLoopBound<LoopState>]) {
        byLoop = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    }

    /// On `eventLoop` only.
    func state(on eventLoop: any EventLoop) -> LoopState {
        guard let bound = byLoop[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a connection was given to an event loop of another group")
        }
        return bound.value
    }
}
