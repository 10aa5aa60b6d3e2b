import LookupProtocol
import NIOCore
import NIOPosix
import Synchronization

/// Performs what `ClientState` decides. Callers admit their lookups under a lock and wake the event loop at most once for
/// all that came together; the loop sends, receives, connects and gives up.
final class ClientEngine: Sendable {
    typealias LookupWaiter = UnsafeContinuation<LookupOutcome, Never>
    typealias ChangeWaiter = UnsafeContinuation<FlagChange?, Never>

    /// What only the event loop touches.
    private struct LoopSide {
        var connection: EventLoopFuture<any Channel>?
        var channel: (any Channel)?
        /// Empty but for its capacity.
        var spare: [UInt8] = []
        var sweep: (at: UInt64, task: Scheduled<Void>)?
        var retry: Scheduled<Void>?
    }

    /// A buffer for requests that grew beyond this is not kept.
    private static let keptCapacity = 1 << 20
    private static let connectTimeout = TimeAmount.seconds(1)
    /// What is longer than that is meant as "no limit", and must not overflow a clock.
    private static let longestDeadline = Duration.seconds(86_400)

    let configuration: FlagClientConfiguration
    private let eventLoop: any EventLoop
    private let state: Mutex<ClientState<LookupWaiter>>
    private let board = Mutex(ChangeBoard<ChangeWaiter>())
    private let loopSide: NIOLoopBoundBox<LoopSide>

    init(_ configuration: FlagClientConfiguration) {
        self.configuration = configuration
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        state = Mutex(ClientState(maximumInFlight: configuration.maximumInFlight))
        loopSide = .makeBoxSendingValue(LoopSide(), eventLoop: eventLoop)
    }

    // MARK: For callers, on any thread

    func start() { eventLoop.execute { self.connect() } }

    func lookup(
        _ key: String, _ type: ValueType, _ subject: LookupSubject, within limit: Duration
    ) async -> LookupOutcome {
        guard limit > .zero else { return .failed(.noAnswerInTime) }
        let deadline = NIODeadline.now() + TimeAmount(min(limit, Self.longestDeadline))
        return await withUnsafeContinuation { waiter in
            let admission = state.withLock {
                $0.admit(
                    waiter, key: key, expected: type, subject: subject, deadline: deadline.uptimeNanoseconds)
            }
            switch admission {
            case .waits(let wakes): if wakes { wake() }
            case .refused(let problem): waiter.resume(returning: .failed(problem))
            }
        }
    }

    /// Returns when the connection is closed.
    func close() async {
        try? await shutDown().get()
    }

    /// Done when the connection is closed.
    @discardableResult
    func shutDown() -> EventLoopFuture<Void> {
        for waiter in state.withLock({ $0.shutDown() }) { waiter.resume(returning: .failed(.shutDown)) }
        for waiter in board.withLock({ $0.finish() }) { waiter.resume(returning: nil) }
        return eventLoop.flatSubmit { self.disconnect() }
    }

    // MARK: Changes, on any thread

    func follow() -> UInt64 {
        let id = board.withLock { $0.follow() }
        if state.withLock({ $0.watch() }) { wake() }
        return id
    }

    func unfollow(_ id: UInt64) { board.withLock { $0.unfollow(id) } }

    func nextChange(_ id: UInt64, _ waiter: ChangeWaiter) {
        let (next, displaced) = board.withLock { $0.next(id, waiter: waiter) }
        displaced?.resume(returning: nil)
        if case .now(let change) = next { waiter.resume(returning: change) }
    }

    func endFollowing(_ id: UInt64) { board.withLock { $0.end(id) }?.resume(returning: nil) }

    func publish(_ change: FlagChange) {
        for waiter in board.withLock({ $0.publish(change) }) { waiter.resume(returning: change) }
    }

    // MARK: Sending and giving up, on the event loop

    private func wake() { eventLoop.execute { self.pump() } }

    private func pump() {
        var bytes: [UInt8] = []
        swap(&bytes, &loopSide.value.spare)
        let sweepAt = state.withLock { $0.takeWork(into: &bytes) }
        if !bytes.isEmpty, let channel = loopSide.value.channel {
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
            bytes.removeAll(keepingCapacity: bytes.count <= Self.keptCapacity)
        }
        swap(&bytes, &loopSide.value.spare)
        schedule(sweepAt: sweepAt)
    }

    private func schedule(sweepAt: UInt64?) {
        guard let sweepAt, sweepAt < loopSide.value.sweep?.at ?? .max else { return }
        loopSide.value.sweep?.task.cancel()
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(sweepAt)) { self.sweep() }
        loopSide.value.sweep = (sweepAt, task)
    }

    private func sweep() {
        loopSide.value.sweep = nil
        let now = NIODeadline.now().uptimeNanoseconds
        let (waiters, problem, next) = state.withLock { $0.sweep(at: now) }
        for waiter in waiters { waiter.resume(returning: .failed(problem)) }
        schedule(sweepAt: next)
    }

    /// Answers that came together.
    func finish(_ answers: [(id: UInt32, outcome: LookupOutcome)]) {
        guard !answers.isEmpty else { return }
        let waiters = state.withLock { state in answers.map { state.finish($0.id) } }
        for (waiter, answer) in zip(waiters, answers) { waiter?.resume(returning: answer.outcome) }
    }

    // MARK: The connection, on the event loop

    private func connect() {
        loopSide.value.retry = nil
        let connection = ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AgentConnection(engine: self))
                }
            }
            .connect(unixDomainSocketPath: configuration.socketPath)
        loopSide.value.connection = connection
        connection.whenFailure { self.disconnected(ConnectionFault.words(for: $0)) }
    }

    func connected(_ channel: any Channel) {
        guard state.withLock({ $0.connected(at: NIODeadline.now().uptimeNanoseconds) }) else {
            channel.close(promise: nil)
            return
        }
        loopSide.value.channel = channel
        pump()
    }

    /// A connection was lost, or could not be made.
    func disconnected(_ reason: String) {
        loopSide.value.channel = nil
        board.withLock { $0.disconnected() }
        let (now, chance) = (NIODeadline.now(), Double.random(in: 0..<1))
        let loss = state.withLock {
            $0.disconnected(reason, at: now.uptimeNanoseconds, chance: chance)
        }
        for waiter in loss.waiters { waiter.resume(returning: .failed(loss.problem)) }
        switch loss.retry {
        case .never: break
        case .atOnce: connect()
        case .after(let delay):
            loopSide.value.retry = eventLoop.scheduleTask(deadline: now + .nanoseconds(Int64(delay))) {
                if self.state.withLock({ $0.retries() }) { self.connect() }
            }
        }
    }

    private func disconnect() -> EventLoopFuture<Void> {
        loopSide.value.retry?.cancel()
        loopSide.value.sweep?.task.cancel()
        loopSide.value.sweep = nil
        guard let connection = loopSide.value.connection else { return eventLoop.makeSucceededVoidFuture() }
        return connection.flatMap { channel in
            channel.close(promise: nil)
            return channel.closeFuture
        }.flatMapErrorThrowing { _ in }
    }
}
