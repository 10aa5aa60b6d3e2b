import Flags
import Glibc
import Logging
import Replication
import Synchronization
import ZeroMQ

/// The thread that owns the sockets for requests, replies and reports, and is never busy for long: what takes its time is
/// the link's. So an urgent kill is shown while the link reads or writes a large snapshot, control goes on hearing that
/// this agent lives, and watchers hear of each step of a time ramp.
final class SyncLane {
    private let environment: String
    private let identity: AgentIdentity
    private let configuration: AgentConfiguration
    private let live: LiveState
    private let counters: LinkCounters
    private let logger: Logger
    private let peers: [SyncPeer]
    private var polling = PollSet()
    private let wakeUp: WakeUp
    private let wakeUpEntry: PollSet.Entry
    private let orders: Outbox<SyncOrder>
    private let news: Outbox<SyncNews>

    private var held: HeldState
    private var reports = ReportSchedule()
    private var kills: KillKeeper
    private var steps: RampSteps
    private var isOver = false

    /// Messages that are taken in before what else there is to do gets its turn.
    private static let messagesPerTurn = 100

    init(
        start: AgentStart, configuration: AgentConfiguration, counters: LinkCounters, context: ZMQContext,
        wakeUp: WakeUp, orders: Outbox<SyncOrder>, news: Outbox<SyncNews>, logger: Logger
    ) throws(ZMQError) {
        environment = configuration.environment
        identity = start.identity
        self.configuration = configuration
        live = start.live
        self.counters = counters
        self.logger = logger
        self.wakeUp = wakeUp
        self.orders = orders
        self.news = news
        held = HeldState(done: PendingCommit(start).done)
        kills = KillKeeper(start.kills, start.killFile)
        counters.killsAhead.store(start.kills.kills.count, ordering: .relaxed)
        steps = RampSteps(from: start.live.clock.unixSeconds())
        // Per process, not per agent: two agents on copies of one directory shall not take each other's replies.
        let routingID = Array("agent-\(identity.id)-\(Hexadecimal.text(identity.boot))".utf8)
        var peers: [SyncPeer] = []
        for host in configuration.controlHosts {
            peers.append(try SyncPeer(host: host, configuration: configuration, routingID: routingID, in: context))
        }
        self.peers = peers
        wakeUpEntry = polling.add(wakeUp)
        for peer in peers {
            peer.entry = polling.add(peer.socket)
            peer.monitor = polling.addMonitor(of: peer.socket)
        }
    }

    // MARK: The loop

    func run() {
        while !isOver {
            do throws(ZMQError) {
                _ = try polling.wait(milliseconds: untilNextDeadline())
            } catch {
                logger.critical("the link to the control node ends: \(error)")
                break
            }
            if polling.isReadable(wakeUpEntry) { wakeUp.acknowledge() }
            turn()
        }
    }

    private func turn() {
        for (index, peer) in peers.enumerated() {
            takeEvents(of: peer, index)
            takeMessages(of: peer, index)
        }
        for order in orders.takeAll() { follow(order) }
        let now = MonotonicClock.milliseconds
        kills.settle(live, now: now, counters, logger)
        let moved = steps.take(at: live.clock.unixSeconds(), generation: live.currentGeneration) { live.load().flags }
        if !moved.isEmpty { live.announce(.flags(moved)) }
        if now >= reports.due { report(now: now) }
    }

    private func untilNextDeadline() -> Int {
        let now = MonotonicClock.milliseconds
        var next = reports.due
        if let retryAt = kills.retryAt { next = min(next, retryAt) }
        if let step = steps.due {
            // In seconds first: a step may be ages away.
            let seconds = max(0, min(step - live.clock.unixSeconds(), 60))
            let rest = MonotonicClock.unixMilliseconds % 1_000
            next = min(next, now + (seconds == 0 ? 0 : UInt64(seconds) * 1_000 - rest))
        }
        return next > now ? Int(next - now) : 0
    }

    // MARK: What comes in

    private func takeEvents(of peer: SyncPeer, _ index: Int) {
        while let event = (try? peer.socket.nextEvent()) ?? nil {
            switch event.kind {
            case .connected:
                peer.hasSaidHandshakeFailed = false
                logger.info("connected to the control node", metadata: ["endpoint": "\(event.endpoint)"])
                if !peer.isConnected { counters.connected.add(1, ordering: .relaxed) }
                counters.connects.count()
                peer.isConnected = true
                peer.send(environment, .hello(lowest: Wire.version, highest: Wire.version, makeReport()))
                news.append(.connected(peer: index))
            case .disconnected:
                guard peer.isConnected else { break }
                peer.isConnected = false
                counters.connected.subtract(1, ordering: .relaxed)
                logger.warning("lost the control node; answering on", metadata: ["endpoint": "\(event.endpoint)"])
                news.append(.disconnected(peer: index))
            case .handshakeFailed(let reason):
                guard !peer.hasSaidHandshakeFailed else { break }
                peer.hasSaidHandshakeFailed = true
                logger.warning(
                    "no ZeroMQ on the sync port: \(reason); trying on", metadata: ["endpoint": "\(event.endpoint)"])
            }
        }
    }

    private func takeMessages(of peer: SyncPeer, _ index: Int) {
        for _ in 0..<Self.messagesPerTurn {
            guard let received = try? peer.socket.receive(maximumFrames: 1), received != .nothing else { return }
            guard case .message(let frames) = received, frames.count == 1 else {
                noteMalformed("a reply of another shape", from: peer)
                continue
            }
            guard SyncReply.isUrgent(encoded: frames[0]) else {
                // What finds no room is lost as on any network, and asked for again.
                news.append(.reply(peer: index, frames[0]))
                continue
            }
            do throws(MalformedMessage) {
                guard case .kill(let kill) = try SyncReply(encoded: frames[0]) else { continue }
                kills.receive(kill, live, now: MonotonicClock.milliseconds, counters, logger)
            } catch {
                noteMalformed("\(error)", from: peer)
            }
        }
    }

    private func noteMalformed(_ reason: String, from peer: SyncPeer) {
        counters.malformedMessages.count()
        logger.warning("dropped what can't be read: \(reason)", metadata: ["control": "\(peer.host)"])
    }

    // MARK: What goes out

    private func follow(_ order: SyncOrder) {
        switch order {
        case .send(let index, let body): peers[index].send(environment, body)
        case .held(let state):
            held = state
            reports.want()
        case .vitals: reports.want()
        case .report(let state):
            held = state
            report(now: MonotonicClock.milliseconds)
        case .goodbye(let state):
            held = state
            report(now: MonotonicClock.milliseconds)
            for peer in peers { peer.send(environment, .goodbye(agent: identity.id, boot: identity.boot)) }
            isOver = true
        }
    }

    private func report(now: UInt64) {
        let report = makeReport()
        for peer in peers where peer.isConnected { peer.send(environment, .report(report)) }
        counters.reports.count()
        reports.sent(at: now)
    }

    private func makeReport() -> Report {
        let done = held.done
        return Report(
            agent: identity.id, name: identity.name, boot: identity.boot, revision: done.revision, digest: done.digest,
            killAhead: kills.highest(in: done.revision?.epoch), entryCount: UInt64(done.entryCount),
            quarantined: Array(done.quarantined.prefix(Wire.reportedNames)),
            quarantinedCount: UInt32(done.quarantined.count), service: configuration.service,
            serviceVersion: configuration.serviceVersion, health: live.vitals.health, pid: UInt32(getpid()),
            conflict: held.conflict, clock: MonotonicClock.unixMilliseconds,
            skew: live.skew(atNanoseconds: MonotonicClock.nanoseconds))
    }
}
