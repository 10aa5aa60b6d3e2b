import Foundation
import Glibc
import Harness
import Replication
import Synchronization
import ZeroMQ

@testable import Agent

/// A control node without disk, API or registry, made of the real numbered log and catch-up server on real sockets.
final class MiniControl: Sendable {
    let publishPort: UInt16
    let syncPort: UInt16
    private let outbox: Outbox<Work>
    private let thread: ZMQThread
    private let heard: Heard
    private let clock: Clock

    /// What its heartbeats say of the time of day.
    private final class Clock: Sendable {
        /// Milliseconds by which it is ahead of this process's.
        let ahead = Atomic<Int64>(0)

        var now: UInt64 {
            UInt64(clamping: Int64(MonotonicClock.unixMilliseconds) + ahead.load(ordering: .relaxed))
        }
    }

    /// What agents said.
    final class Heard: Sendable {
        private let reports = Mutex<[Report]>([])
        private let goodbyes = Mutex<[String]>([])
        private let requests = Mutex<[SyncRequest.Body]>([])
        private let states = Mutex<ReplicatedState?>(nil)

        func add(_ report: Report) { reports.withLock { $0.append(report) } }
        func add(goodbye agent: String) { goodbyes.withLock { $0.append(agent) } }
        func add(_ request: SyncRequest.Body) { requests.withLock { $0.append(request) } }
        func set(_ state: ReplicatedState) { states.withLock { $0 = state } }
        var allReports: [Report] { reports.withLock { $0 } }
        var allGoodbyes: [String] { goodbyes.withLock { $0 } }
        var allRequests: [SyncRequest.Body] { requests.withLock { $0 } }
        var state: ReplicatedState? { states.withLock { $0 } }
    }

    /// What becomes of a delta on PUB. Kills in it are sent to every agent first, in any case.
    enum Delivery: Sendable {
        case published
        /// As if PUB had dropped it.
        case dropped
        /// Too large for PUB.
        case announced
    }

    private enum Work: Sendable {
        case change([EntryChange], Delivery, CheckedContinuation<Void, Never>?)
        case publish([UInt8])
        case reply([UInt8])
        case mute(Bool)
        case stop
    }

    /// - Parameters:
    ///   - state: what it begins with; `recent` deltas are not known after a start.
    ///   - isMute: see `mute`.
    ///   - host: where it binds; without ports it takes free ones, which another one may have after it.
    static func start(
        _ state: ReplicatedState, host: String = "127.0.0.1", publishPort: UInt16? = nil, syncPort: UInt16? = nil,
        environment: String = "production", heartbeat: Int = 50, isMute: Bool = false
    ) async throws -> MiniControl {
        let wakeUp = try WakeUp()
        let outbox = Outbox<Work>(limit: 1_000_000, wakeUp: wakeUp)
        let heard = Heard()
        let clock = Clock()
        let publishPort = try publishPort ?? UInt16(FreePort.next())
        let syncPort = try syncPort ?? UInt16(FreePort.next())
        let (thread, ports) = try await ZMQThread.start(name: "mini-control") {
            let context = try ZMQContext()
            let loop = try Loop(
                state, context, environment, heard, clock,
                publish: "tcp://\(host):\(publishPort)", sync: "tcp://\(host):\(syncPort)")
            return (loop, (try loop.publisher.boundPort, try loop.router.boundPort))
        } loop: { loop in
            loop.isMute = isMute
            loop.run(outbox, wakeUp, heartbeat: heartbeat)
        }
        return MiniControl(thread, outbox, heard, clock, ports)
    }

    private init(
        _ thread: ZMQThread, _ outbox: Outbox<Work>, _ heard: Heard, _ clock: Clock, _ ports: (UInt16, UInt16)
    ) {
        self.thread = thread
        self.outbox = outbox
        self.heard = heard
        self.clock = clock
        (publishPort, syncPort) = ports
    }

    /// Returns once it has a number and was sent.
    func change(_ changes: [EntryChange], _ delivery: Delivery = .published) async {
        await withCheckedContinuation { done in
            if !outbox.append(.change(changes, delivery, done)) { done.resume() }
        }
    }

    func changeSoon(_ changes: [EntryChange]) { outbox.append(.change(changes, .published, nil)) }

    /// Sends anything at all on PUB.
    func publish(raw bytes: [UInt8]) { outbox.append(.publish(bytes)) }
    /// Sends anything at all to the agent heard last.
    func reply(raw bytes: [UInt8]) { outbox.append(.reply(bytes)) }
    /// Sets its clock, as it is from the next heartbeat on.
    func setClock(ahead milliseconds: Int64) { clock.ahead.store(milliseconds, ordering: .relaxed) }
    /// Without heartbeats and answers, as a control node that hangs.
    func mute(_ isMute: Bool) { outbox.append(.mute(isMute)) }

    func stop() async {
        outbox.append(.stop)
        await thread.join()
    }

    var reports: [Report] { heard.allReports }
    var goodbyes: [String] { heard.allGoodbyes }
    var requests: [SyncRequest.Body] { heard.allRequests }
    var state: ReplicatedState? { heard.state }

    // MARK: Its thread

    private final class Loop {
        let publisher: ZMQSocket
        let router: ZMQSocket
        private let environment: String
        private let heard: Heard
        private let clock: Clock
        private var log: NumberedLog
        private var server: CatchUpServer
        var isMute = false
        private var lastPeer: [UInt8] = []
        private var peers: Set<[UInt8]> = []
        private let node = UInt64.random(in: .min ... .max)

        init(
            _ state: ReplicatedState, _ context: ZMQContext, _ environment: String, _ heard: Heard,
            _ clock: Clock, publish: String, sync: String
        ) throws {
            publisher = try ZMQSocket(.pub, in: context, options: [.linger(0), .sendHighWaterMark(100_000)])
            try publisher.bind(publish)
            router = try ZMQSocket(.router, in: context, options: [.linger(0), .routerHandover(true)])
            try router.bind(sync)
            self.environment = environment
            self.heard = heard
            self.clock = clock
            log = NumberedLog(state)
            server = CatchUpServer(state, node: node)
            heard.set(state)
        }

        func run(_ outbox: Outbox<Work>, _ wakeUp: WakeUp, heartbeat: Int) {
            var polling = PollSet()
            let woken = polling.add(wakeUp)
            _ = polling.add(router)
            var nextBeat = MonotonicMilliseconds.now
            while true {
                let now = MonotonicMilliseconds.now
                _ = try? polling.wait(milliseconds: nextBeat > now ? Int(nextBeat - now) : 0)
                if polling.isReadable(woken) { wakeUp.acknowledge() }
                while case .message(let frames)? = try? router.receive(), frames.count == 2 { answer(frames) }
                for work in outbox.takeAll() {
                    switch work {
                    case .change(let changes, let delivery, let done):
                        change(changes, delivery)
                        done?.resume()
                    case .publish(let bytes): send(bytes)
                    case .reply(let bytes): _ = try? router.send([lastPeer, bytes])
                    case .mute(let isMute): self.isMute = isMute
                    case .stop: return
                    }
                }
                if MonotonicMilliseconds.now >= nextBeat {
                    nextBeat = MonotonicMilliseconds.now + UInt64(heartbeat)
                    if !isMute { send(Publication.heartbeat(server.heartbeat(clock: clock.now)).encoded()) }
                }
            }
        }

        private func answer(_ frames: [[UInt8]]) {
            guard let request = try? SyncRequest(encoded: frames[1]) else { return }
            lastPeer = frames[0]
            peers.insert(frames[0])
            heard.add(request.body)
            switch request.body {
            case .hello(_, _, let report), .report(let report): heard.add(report)
            case .goodbye(let agent, _): heard.add(goodbye: agent)
            default: break
            }
            guard !isMute, let reply = server.answer(request.body, now: MonotonicMilliseconds.now) else { return }
            _ = try? router.send([frames[0], reply.encoded()])
        }

        private func change(_ changes: [EntryChange], _ delivery: Delivery) {
            guard let delta = try? log.stage(changes, time: 0) else { return }
            _ = log.commit()
            let bytes = delta.encoded()
            server.advance(to: log.committed, deltas: [RecentDeltas.Item(delta, bytes: bytes)])
            heard.set(log.committed)
            for kill in UrgentKill.all(in: delta) {
                for peer in peers { _ = try? router.send([peer, SyncReply.kill(kill).encoded()]) }
            }
            switch delivery {
            case .published: send(Publication.encoded(delta: bytes))
            case .dropped: break
            case .announced:
                send(Publication.announcement(delta.revision, delta.digest, bytes: UInt32(bytes.count)).encoded())
            }
        }

        private func send(_ bytes: [UInt8]) { _ = try? publisher.send([Wire.topic(of: environment), bytes]) }
    }
}

enum MonotonicMilliseconds {
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
