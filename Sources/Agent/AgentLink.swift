import Flags
import Glibc
import Logging
import Replication
import Synchronization
import ZeroMQ

/// The agent's connection to its control nodes: owns their sockets, hands what comes to the `Replica`, and does what that
/// decides. Lives on one thread of its own.
///
/// One round takes in what has arrived, makes it durable in one transaction, and shows it in one swap.
final class AgentLink {
    let environment: String
    let identity: AgentIdentity
    let configuration: AgentConfiguration
    let live: LiveState
    let cache: AgentCache
    let counters: LinkCounters
    let logger: Logger
    private let peers: [ControlPeer]
    /// The one that requests go to.
    private var preferred = 0
    private var polling = PollSet()
    private let wakeUp: WakeUp
    private let wakeUpEntry: PollSet.Entry
    private let isStopping: StopFlag

    private var replica: Replica
    var pending: PendingCommit
    private var reports = ReportSchedule()
    private var staleness: StalenessWatch

    /// A round ends after so many milliseconds, so that what came first isn't held up by what still comes.
    private static let roundLimit: UInt64 = 10

    init(
        start: AgentStart, configuration: AgentConfiguration, counters: LinkCounters, context: ZMQContext,
        wakeUp: WakeUp, isStopping: StopFlag, logger: Logger
    ) throws(ZMQError) {
        environment = configuration.environment
        identity = start.identity
        self.configuration = configuration
        live = start.live
        cache = start.cache
        self.counters = counters
        self.logger = logger
        self.wakeUp = wakeUp
        self.isStopping = isStopping
        replica = Replica(start.state, seed: start.identity.boot)
        pending = PendingCommit(start)
        staleness = StalenessWatch(startedAt: MonotonicClock.nanoseconds)
        // Per process, not per agent: two agents on copies of one directory shall not take each other's replies.
        let routingID = Array("agent-\(identity.id)-\(Hexadecimal.text(identity.boot))".utf8)
        var peers: [ControlPeer] = []
        for host in configuration.controlHosts {
            peers.append(
                try ControlPeer(host: host, configuration: configuration, routingID: routingID, in: context))
        }
        self.peers = peers
        wakeUpEntry = polling.add(wakeUp)
        for peer in peers {
            peer.subscriptionEntry = polling.add(peer.subscription)
            peer.syncEntry = polling.add(peer.sync)
            peer.subscriptionMonitor = polling.addMonitor(of: peer.subscription)
            peer.syncMonitor = polling.addMonitor(of: peer.sync)
        }
    }

    // MARK: The loop

    func run() {
        while !isStopping.isSet {
            do throws(ZMQError) {
                _ = try polling.wait(milliseconds: untilNextDeadline())
            } catch {
                logger.critical("the link to the control node ends: \(error)")
                break
            }
            if polling.isReadable(wakeUpEntry) { wakeUp.acknowledge() }
            round()
        }
        // What has been applied counts as reported only once it is cached.
        pending.gatherNoMore()
        commit(now: MonotonicClock.milliseconds)
        report(now: MonotonicClock.milliseconds)
        for peer in peers { _ = peer.send(environment, .goodbye(agent: identity.id, boot: identity.boot)) }
    }

    private func round() {
        let begun = MonotonicClock.milliseconds
        for (index, peer) in peers.enumerated() {
            takeEvents(of: peer, index)
            takePublications(of: peer, index, until: begun + Self.roundLimit)
            takeReplies(of: peer, until: begun + Self.roundLimit)
        }
        let now = MonotonicClock.milliseconds
        if let deadline = replica.deadline, now >= deadline {
            // No answer from that one: with several control nodes, the next is asked.
            if peers.count > 1 { preferred = nextConnected(after: preferred) }
            perform(replica.tick(now: now))
        }
        commit(now: now)
        if MonotonicClock.milliseconds >= reports.due { report(now: MonotonicClock.milliseconds) }
        staleness.look(at: live, logger)
    }

    private func untilNextDeadline() -> Int {
        let now = MonotonicClock.milliseconds
        // At least every half second, for the watch over staleness.
        var next = min(reports.due, now + 500)
        if let deadline = replica.deadline { next = min(next, deadline) }
        if let due = pending.due { next = min(next, due) }
        return next > now ? Int(next - now) : 0
    }

    private func nextConnected(after index: Int) -> Int {
        for step in 1..<peers.count where peers[(index + step) % peers.count].isSyncConnected {
            return (index + step) % peers.count
        }
        return index
    }

    // MARK: What comes in

    private func takeEvents(of peer: ControlPeer, _ index: Int) {
        while let event = (try? peer.subscription.nextEvent()) ?? nil {
            switch event.kind {
            case .connected:
                // What was published before this subscription took effect is asked for at once.
                if peer.isSyncConnected { perform(replica.start(now: MonotonicClock.milliseconds)) }
            case .disconnected: break
            case .handshakeFailed(let reason): sayHandshakeFailed(peer, "publish port", reason, event.endpoint)
            }
        }
        while let event = (try? peer.sync.nextEvent()) ?? nil {
            switch event.kind {
            case .connected: connected(peer, index, event.endpoint)
            case .disconnected:
                guard peer.isSyncConnected else { break }
                peer.isSyncConnected = false
                counters.connected.subtract(1, ordering: .relaxed)
                logger.warning("lost the control node; answering on", metadata: ["endpoint": "\(event.endpoint)"])
            case .handshakeFailed(let reason): sayHandshakeFailed(peer, "sync port", reason, event.endpoint)
            }
        }
    }

    private func sayHandshakeFailed(_ peer: ControlPeer, _ port: String, _ reason: String, _ endpoint: String) {
        guard !peer.hasSaidHandshakeFailed else { return }
        peer.hasSaidHandshakeFailed = true
        logger.warning("no ZeroMQ on the \(port): \(reason); trying on", metadata: ["endpoint": "\(endpoint)"])
    }

    private func connected(_ peer: ControlPeer, _ index: Int, _ endpoint: String) {
        peer.hasSaidHandshakeFailed = false
        logger.info("connected to the control node", metadata: ["endpoint": "\(endpoint)"])
        if !peer.isSyncConnected { counters.connected.add(1, ordering: .relaxed) }
        counters.connects.count()
        peer.isSyncConnected = true
        if !peers[preferred].isSyncConnected { preferred = index }
        _ = peer.send(environment, .hello(lowest: Wire.version, highest: Wire.version, makeReport()))
        let now = MonotonicClock.milliseconds
        perform(peer.hasBeenConnected && preferred == index ? replica.reconnected(now: now) : replica.start(now: now))
        peer.hasBeenConnected = true
    }

    private func takePublications(of peer: ControlPeer, _ index: Int, until limit: UInt64) {
        let topic = Wire.topic(of: environment)
        while let received = try? peer.subscription.receive(maximumFrames: 2), received != .nothing {
            let now = MonotonicClock.milliseconds
            guard case .message(let frames) = received, frames.count == 2, frames[0] == topic else {
                noteMalformed("a publication of another shape", from: peer)
                continue
            }
            do {
                perform(replica.receive(try Publication(encoded: frames[1]), now: now))
            } catch {
                noteMalformed("\(error)", from: peer)
                continue
            }
            // Another history is no word about ours.
            if replica.conflict == nil {
                preferred = index
                live.heard(number: replica.heard?.number ?? 0, atNanoseconds: MonotonicClock.nanoseconds)
            }
            if now >= limit { break }
        }
    }

    private func takeReplies(of peer: ControlPeer, until limit: UInt64) {
        while let received = try? peer.sync.receive(maximumFrames: 1), received != .nothing {
            let now = MonotonicClock.milliseconds
            guard case .message(let frames) = received, frames.count == 1 else {
                noteMalformed("a reply of another shape", from: peer)
                continue
            }
            do {
                perform(replica.receive(try SyncReply(encoded: frames[0]), now: now))
            } catch {
                noteMalformed("\(error)", from: peer)
            }
            if now >= limit { break }
        }
    }

    private func noteMalformed(_ reason: String, from peer: ControlPeer) {
        counters.malformedMessages.count()
        logger.warning("dropped what can't be read: \(reason)", metadata: ["control": "\(peer.host)"])
    }

    // MARK: What is to be done

    private func perform(_ actions: [ReplicaAction]) {
        for action in actions {
            switch action {
            // What can't go out is asked again when it has timed out, or when the connection stands.
            case .send(let body): _ = peers[preferred].send(environment, body)
            case .commit(let batch):
                guard let state = replica.state else { break }
                note(batch)
                pending.stage(batch, leadingTo: state, environment: environment, logger)
            case .report:
                pending.gatherNoMore()
                commit(now: MonotonicClock.milliseconds)
                report(now: MonotonicClock.milliseconds)
            case .note(let note): take(note)
            }
        }
        counters.conflicts.store(replica.conflict == nil ? 0 : 1, ordering: .relaxed)
    }

    /// A state that was fetched by manifest says so, and what it replaces.
    private func note(_ batch: Batch) {
        guard batch.origin == .snapshot else { return }
        let held = pending.newest
        let text = "caught up by manifest to revision \(batch.revision): \(batch.changes.count) differences"
        switch held.revision {
        case batch.revision?: pending.notes.append(text + "; the digest had been \(held.digest)")
        case let revision?: pending.notes.append(text + " to revision \(revision)")
        case nil: pending.notes.append(text)
        }
    }

    private func take(_ note: ReplicaNote) {
        switch note {
        case .gap:
            counters.gaps.count()
            logger.warning("\(note)")
        case .digestDiffers, .snapshotMismatch:
            counters.digestMismatches.count()
            logger.error("\(note)")
        case .keepsState, .refused: logger.error("\(note)")
        case .malformed:
            counters.malformedMessages.count()
            logger.warning("\(note)")
        case .newEpoch, .followsAgain: logger.notice("\(note)")
        // Said when it is true of the disk, too.
        case .healed: pending.notes.append("\(note)")
        }
    }

    // MARK: Commit and report

    private func commit(now: UInt64) {
        guard pending.isDue(at: now), let state = replica.state else { return }
        if pending.commit(to: cache, state: state, live: live, now: now, counters, logger) { reports.want() }
    }

    private func report(now: UInt64) {
        let report = makeReport()
        for peer in peers where peer.isSyncConnected { _ = peer.send(environment, .report(report)) }
        counters.reports.count()
        reports.sent(at: now)
    }

    /// What is applied *and* cached, never what is only on its way.
    private func makeReport() -> Report {
        let done = pending.done
        return Report(
            agent: identity.id, name: identity.name, boot: identity.boot, revision: done.revision, digest: done.digest,
            entryCount: UInt64(done.entryCount), quarantined: Array(done.quarantined.prefix(Wire.reportedNames)),
            quarantinedCount: UInt32(done.quarantined.count), service: configuration.service,
            serviceVersion: configuration.serviceVersion, pid: UInt32(getpid()), conflict: conflictText,
            clock: MonotonicClock.unixMilliseconds)
    }

    private var conflictText: String {
        guard let other = replica.conflict, let own = replica.state?.revision.epoch else { return "" }
        return "keeps epoch \(own); the control node publishes epoch \(other)"
    }
}

/// Set once, from any thread.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }

    func set() { flag.store(true, ordering: .releasing) }
}
