import Replication

/// A control node: `NumberedLog` and `CatchUpServer` with a store that can fail or lose power at every step, as the
/// committer and the hub put them together.
final class SimulatedControl {
    /// Where a crash can be armed.
    enum Step: CaseIterable {
        case begin, write, synced, committed, urged, published
    }

    /// One operator's change. `isStored` hears whether it was acknowledged.
    struct Write {
        enum Kind {
            /// `small` needs no catch-up by its size; `plain` is a flag with nothing else to say, which `kill` kills.
            case any, small, plain, kill
        }

        var kind = Kind.any
        var isDone: (Delta?) -> Void = { _ in }
    }

    unowned let world: World
    let name: String
    private(set) var store: SimulatedStore
    private(set) var isRunning = false
    private var boot: UInt64 = 0
    private(set) var log: NumberedLog
    private var server: CatchUpServer
    private var content = Content()
    private var stagedContent = Content()
    private var agents: [String: AgentRecord] = [:]
    private var startedAt: UInt64 = 0
    private var queue: [Write] = []
    private var isCommitting = false
    private var blockWaiting: Divergence?
    private var isReported = false
    var links: [Link] = []

    var crashAt: Step?
    /// The next group can't be written: a full disk.
    var failsNextWrite = false

    init(_ world: World, name: String) {
        self.world = world
        self.name = name
        store = SimulatedStore(epoch: Epoch(counter: 1, id: world.chance.bits()))
        log = NumberedLog(store.state)
        server = CatchUpServer(store.state, node: 0)
        world.oracle.stored(store.state.revision, store.state.digest, Content())
    }

    var committed: ReplicatedState { log.committed }

    // MARK: Life

    func start() {
        guard !isRunning else { return }
        isRunning = true
        boot = world.chance.bits()
        startedAt = world.now
        if world.fault == .numberFromMemory { store.forgetNumber() }
        log = NumberedLog(store.state, blocked: store.blocked)
        var recent = RecentDeltas(maximumBytes: world.recentBytes, maximumCount: world.recentCount)
        for item in store.recent(world.recentCount) { recent.append(item) }
        server = CatchUpServer(store.state, recent: recent, node: boot, settings: world.serverSettings)
        content = store.content
        stagedContent = content
        agents = store.agents
        for id in agents.keys { agents[id]?.lastHeard = 0 }
        queue = []
        isCommitting = false
        blockWaiting = nil
        isReported = store.blocked != nil
        world.note { "\(self.name): starts at \(self.store.state.revision)" }
        for link in links { link.wake() }
        beat(boot)
    }

    func crash() {
        guard isRunning else { return }
        world.note { "\(self.name): crashes" }
        isRunning = false
        crashAt = nil
        for link in links { link.breakBoth() }
        world.oracle.restarted(name, with: store)
    }

    /// An empty data directory: another history with the same counter.
    func beginEmpty() {
        world.oracle.emptied(name)
        store = SimulatedStore(epoch: Epoch(counter: 1, id: world.chance.bits()))
        world.oracle.stored(store.state.revision, store.state.digest, Content())
    }

    func restore(_ backup: SimulatedStore) {
        world.oracle.restored(name, backup, over: store)
        world.note {
            "\(self.name): a backup of \(backup.state.revision) is restored over \(self.store.state.revision)"
        }
        store = backup
    }

    private func after(_ delay: UInt64, _ action: @escaping () -> Void) {
        let boot = self.boot
        world.after(delay) { [unowned self] in if isRunning, boot == self.boot { action() } }
    }

    private func beat(_ boot: UInt64) {
        let heartbeat = Publication.heartbeat(server.heartbeat(clock: world.now)).encoded()
        for link in links { link.publish(heartbeat, isHeartbeat: true) }
        after(World.heartbeatEvery) { [unowned self] in beat(boot) }
    }

    // MARK: Writing

    func write(_ write: Write) {
        guard isRunning, log.blocked == nil else { return write.isDone(nil) }
        queue.append(write)
        if !isCommitting { after(world.chance.within(0...2)) { [unowned self] in beginGroup() } }
    }

    private func crashed(_ step: Step) -> Bool {
        guard crashAt == step else { return false }
        world.note { "\(self.name): at the step \(step)" }
        crash()
        return true
    }

    private func beginGroup() {
        guard !isCommitting else { return }
        if let divergence = blockWaiting { return block(divergence) }
        guard !queue.isEmpty else { return }
        isCommitting = true
        let writes = queue
        queue = []
        if crashed(.begin) { return }
        var group: [(write: Write, delta: Delta)] = []
        for write in writes {
            var next = stagedContent
            let changes = world.changes.next(&next, write.kind)
            guard let delta = try? log.stage(changes, time: world.now) else {
                write.isDone(nil)
                continue
            }
            stagedContent = next
            contentOf[delta.revision.number] = next
            group.append((write, delta))
        }
        if world.fault == .acknowledgeBeforeCommit { acknowledge(group) }
        if world.fault == .urgentBeforeCommit { urge(group.map(\.delta)) }
        if world.fault == .publishBeforeCommit { publish(group.map(\.delta)) }
        after(world.chance.within(0...3)) { [unowned self] in store(group) }
    }

    /// Content by staged number, until it is stored.
    private var contentOf: [UInt64: Content] = [:]

    private func store(_ group: [(write: Write, delta: Delta)]) {
        // Rows written and not synced: whether they outlive a power loss is anybody's guess.
        if crashAt == .write, world.chance.happens(0.5) { makeDurable(group.map(\.delta)) }
        if crashed(.write) { return }
        if failsNextWrite {
            failsNextWrite = false
            world.note { "\(self.name): \(group.count) changes can't be written" }
            log.rollback()
            stagedContent = content
            contentOf = [:]
            for item in group { item.write.isDone(nil) }
            return endGroup()
        }
        makeDurable(group.map(\.delta))
        if crashed(.synced) { return }
        after(world.chance.within(0...2)) { [unowned self] in show(group) }
    }

    private func makeDurable(_ deltas: [Delta]) {
        guard let last = deltas.last, let led = contentOf[last.revision.number] else { return }
        for delta in deltas {
            guard let content = contentOf[delta.revision.number] else { continue }
            world.oracle.stored(delta.revision, delta.digest, content)
        }
        store.commit(log.staged, led, deltas)
        store.agents = agents
    }

    private func show(_ group: [(write: Write, delta: Delta)]) {
        let deltas = log.commit()
        content = stagedContent
        contentOf = [:]
        server.advance(to: log.committed, deltas: deltas.map { RecentDeltas.Item($0, bytes: $0.encoded()) })
        if crashed(.committed) { return }
        if world.fault != .urgentBeforeCommit { urge(deltas) }
        if crashed(.urged) { return }
        if world.chance.happens(0.5) {
            publish(deltas)
            if crashed(.published) { return }
            acknowledge(group)
        } else {
            acknowledge(group)
            if crashed(.published) { return }
            publish(deltas)
        }
        endGroup()
    }

    private func endGroup() {
        isCommitting = false
        if let divergence = blockWaiting { block(divergence) }
        if !queue.isEmpty { after(0) { [unowned self] in beginGroup() } }
    }

    // MARK: Histories that part

    private func block(_ divergence: Divergence) {
        blockWaiting = nil
        guard log.blocked == nil, divergence.own.epoch == log.committed.revision.epoch else { return }
        world.note { "\(self.name): takes no writes: \(divergence)" }
        log.block(divergence)
        store.block(divergence)
        for write in queue { write.isDone(nil) }
        queue = []
    }

    /// The operator's way out. False when it isn't the moment.
    func beginEpoch() -> Bool {
        guard isRunning, !isCommitting, log.blocked != nil else { return false }
        let revision = log.nextEpoch(id: world.chance.bits(), heard: agents.values.compactMap(\.revision))
        if crashed(.begin) || crashed(.write) { return false }
        store.begin(revision)
        world.oracle.stored(revision, store.state.digest, content)
        if crashed(.synced) { return false }
        log.begin(revision)
        server.advance(to: log.committed, deltas: [])
        isReported = false
        world.oracle.epochBegun(with: content)
        world.note { "\(self.name): begins epoch \(revision)" }
        let heartbeat = Publication.heartbeat(server.heartbeat(clock: world.now)).encoded()
        for link in links { link.publish(heartbeat, isHeartbeat: true) }
        return true
    }

    // MARK: Answering

    func receive(_ bytes: [UInt8], reply: ([UInt8]) -> Void) {
        guard isRunning, let request = try? SyncRequest(encoded: bytes) else { return }
        switch request.body {
        case .hello(_, _, let report), .report(let report): hear(report)
        case .goodbye(let agent, _): agents[agent]?.hasLeft = true
        default: break
        }
        if let answer = server.answer(request.body, now: world.now) { reply(answer.encoded()) }
    }

    private func hear(_ report: Report) {
        agents[report.agent] = AgentRecord(
            revision: report.revision, quarantinedCount: report.quarantinedCount, conflict: report.conflict,
            lastHeard: world.now)
        guard !isReported, let divergence = server.divergence(of: report) else { return }
        isReported = true
        blockWaiting = divergence
        if !isCommitting { block(divergence) }
    }

    /// `fleet --wait`: nil while somebody is waited for, else who is registered and hasn't left.
    func everyoneHas(_ wanted: Revision) -> [String]? {
        guard isRunning, log.blocked == nil, log.committed.revision.epoch == wanted.epoch else { return nil }
        let registered = agents.filter { !$0.value.hasLeft }
        var counted = 0
        for agent in registered.values {
            if world.fault == .waitForgetsSilent, agent.lastHeard + 3_000 < world.now { continue }
            guard let revision = agent.revision, revision.epoch == wanted.epoch, revision.number >= wanted.number,
                agent.quarantinedCount == 0, agent.conflict.isEmpty
            else { return nil }
            counted += 1
        }
        return counted > 0 ? registered.keys.sorted() : nil
    }
}
