import Flags
import Glibc
import Logging
import Replication
import Synchronization
import ZeroMQ

/// The agent's side of replication: hands what comes from the control nodes to the `Replica`, and does what that decides.
/// Lives on one thread of its own, which owns the subscriptions and the cache; requests, replies and reports go through
/// the `SyncLane`.
///
/// One round takes in what has arrived, makes it durable in one transaction, and shows it in one swap.
final class AgentLink {
    let environment: String
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
    private let orders: Outbox<SyncOrder>
    private let news: Outbox<SyncNews>
    private let isStopping: StopFlag

    private var replica: Replica
    var pending: PendingCommit
    private var staleness: StalenessWatch
    private var clocks = ClockComparison()

    /// A round ends after so many milliseconds, so that what came first isn't held up by what still comes.
    private static let roundLimit: UInt64 = 10

    init(
        start: AgentStart, configuration: AgentConfiguration, counters: LinkCounters, context: ZMQContext,
        wakeUp: WakeUp, orders: Outbox<SyncOrder>, news: Outbox<SyncNews>, isStopping: StopFlag, logger: Logger
    ) throws(ZMQError) {
        environment = configuration.environment
        live = start.live
        cache = start.cache
        self.counters = counters
        self.logger = logger
        self.wakeUp = wakeUp
        self.orders = orders
        self.news = news
        self.isStopping = isStopping
        replica = Replica(start.state, seed: start.identity.boot)
        pending = PendingCommit(start)
        staleness = StalenessWatch(startedAt: MonotonicClock.nanoseconds)
        var peers: [ControlPeer] = []
        for host in configuration.controlHosts {
            peers.append(try ControlPeer(host: host, configuration: configuration, in: context))
        }
        self.peers = peers
        wakeUpEntry = polling.add(wakeUp)
        for peer in peers {
            peer.subscriptionEntry = polling.add(peer.subscription)
            peer.subscriptionMonitor = polling.addMonitor(of: peer.subscription)
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
        orders.append(.goodbye(held))
    }

    private func round() {
        let begun = MonotonicClock.milliseconds
        for (index, peer) in peers.enumerated() {
            takeEvents(of: peer)
            takePublications(of: peer, index, until: begun + Self.roundLimit)
        }
        for item in news.takeAll() { take(item) }
        let now = MonotonicClock.milliseconds
        if let deadline = replica.deadline, now >= deadline {
            // No answer from that one: with several control nodes, the next is asked.
            if peers.count > 1 { preferred = nextConnected(after: preferred) }
            perform(replica.tick(now: now))
        }
        commit(now: now)
        if pending.wantsEverything { perform(replica.fetchEverything(now: now)) }
        staleness.look(at: live, logger)
    }

    private func untilNextDeadline() -> Int {
        let now = MonotonicClock.milliseconds
        // At least every half second, for the watch over staleness.
        var next = now + 500
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

    private func takeEvents(of peer: ControlPeer) {
        while let event = (try? peer.subscription.nextEvent()) ?? nil {
            switch event.kind {
            case .connected:
                peer.hasSaidHandshakeFailed = false
                // What was published before this subscription took effect is asked for at once.
                if peer.isSyncConnected { perform(replica.start(now: MonotonicClock.milliseconds)) }
            case .disconnected: break
            case .handshakeFailed(let reason):
                guard !peer.hasSaidHandshakeFailed else { break }
                peer.hasSaidHandshakeFailed = true
                logger.warning(
                    "no ZeroMQ on the publish port: \(reason); trying on", metadata: ["endpoint": "\(event.endpoint)"])
            }
        }
    }

    private func take(_ item: SyncNews) {
        let now = MonotonicClock.milliseconds
        switch item {
        case .connected(let index):
            let peer = peers[index]
            peer.isSyncConnected = true
            if !peers[preferred].isSyncConnected { preferred = index }
            perform(
                peer.hasBeenConnected && preferred == index ? replica.reconnected(now: now) : replica.start(now: now))
            peer.hasBeenConnected = true
        case .disconnected(let index): peers[index].isSyncConnected = false
        case .reply(let index, let bytes):
            do throws(MalformedMessage) {
                perform(replica.receive(try SyncReply(encoded: bytes), now: now))
            } catch {
                noteMalformed("\(error)", from: peers[index])
            }
        }
    }

    private func takePublications(of peer: ControlPeer, _ index: Int, until limit: UInt64) {
        let topic = Wire.topic(of: environment)
        while let received = try? peer.subscription.receive(maximumFrames: 2), received != .nothing {
            let now = MonotonicClock.milliseconds
            guard case .message(let frames) = received, frames.count == 2, frames[0] == topic else {
                noteMalformed("a publication of another shape", from: peer)
                continue
            }
            let wall = live.clock.unixMilliseconds()
            let publication: Publication
            do {
                publication = try Publication(encoded: frames[1])
                perform(replica.receive(publication, now: now))
            } catch {
                noteMalformed("\(error)", from: peer)
                continue
            }
            // Another history is no word about ours.
            if replica.conflict == nil {
                preferred = index
                if case .heartbeat(let heartbeat) = publication {
                    live.vitals.measuredSkew = clocks.receive(heartbeat, wall: wall, now: now)
                }
                live.heard(number: replica.heard?.number ?? 0, atNanoseconds: MonotonicClock.nanoseconds)
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
            case .send(let body): orders.append(.send(peer: preferred, body))
            case .commit(let batch):
                guard let state = replica.state else { break }
                note(batch)
                pending.stage(batch, leadingTo: state, environment: environment, logger)
            case .report:
                pending.gatherNoMore()
                commit(now: MonotonicClock.milliseconds)
                orders.append(.report(held))
            case .note(let note): take(note)
            }
        }
        counters.conflicts.store(replica.conflict == nil ? 0 : 1, ordering: .relaxed)
    }

    /// A state that was fetched by manifest says so, and what it replaces.
    private func note(_ batch: Batch) {
        guard batch.origin == .snapshot else { return }
        guard !batch.isWhole else {
            let text = "fetched everything anew at revision \(batch.revision): \(batch.changes.count) entries and lists"
            return pending.notes.append(text)
        }
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
        guard pending.isDue(at: now) else { return }
        if pending.commit(to: cache, live: live, now: now, counters, logger) { orders.append(.held(held)) }
    }

    private var held: HeldState { HeldState(done: pending.done, conflict: conflictText) }

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
