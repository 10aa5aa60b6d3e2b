import Flags
import Replication

/// An agent: a `Replica` with a cache and what lookups see, as the agent's link puts them together. It can die at every
/// step; what it had cached is all that is left then.
final class SimulatedAgent {
    /// Where a crash can be armed.
    enum Step: CaseIterable {
        case beforeCache, afterCache, afterSwap
    }

    private unowned let world: World
    let id: String
    private(set) var cache = SimulatedCache()
    private(set) var isRunning = false
    private var boot: UInt64 = 0
    private var replica: FaultyReplica
    private(set) var live = LiveView()
    private var flags = FlagSet()
    private var quarantine = Quarantine()
    private var pending: [Batch] = []
    /// What reports say: applied and cached.
    private var done: (revision: Revision?, digest: Digest, quarantined: [String]) = (nil, .empty, [])
    private var commitIsDue = false
    private var tickAt: UInt64?
    private var reportIsDue = false
    private var preferred = 0
    private var connectedBefore: Set<Int> = []
    var links: [Link] = []

    var frozenUntil: UInt64 = 0
    var crashAt: Step?
    /// The cache can't be written until then.
    var cacheFailsUntil: UInt64 = 0
    /// Catch-ups it has begun.
    private(set) var catchUps = 0

    init(_ world: World, id: String) {
        self.world = world
        self.id = id
        replica = FaultyReplica(nil, seed: 0, settings: world.replicaSettings, fault: world.fault)
    }

    var state: ReplicatedState? { replica.state }

    // MARK: Life

    func start() {
        guard !isRunning else { return }
        isRunning = true
        boot = world.chance.bits()
        var state: ReplicatedState?
        var wasDamaged = false
        switch cache.read(believing: world.fault == .cacheUnchecked) {
        case .empty: world.oracle.loadedDamage(id, recognised: !cache.isDamaged)
        case .state(let read):
            world.oracle.loadedDamage(id, recognised: !cache.isDamaged)
            state = read
        case .damaged:
            world.note { "\(self.id): sets its damaged cache aside" }
            wasDamaged = true
            cache = SimulatedCache()
        }
        world.note { "\(self.id): starts from \(state.map { "\($0.revision)" } ?? "nothing")" }
        world.oracle.started(id, from: state, wasDamaged: wasDamaged)
        replica = FaultyReplica(state, seed: boot, settings: world.replicaSettings, fault: world.fault)
        flags = state.map { FlagSet.compiled(from: $0, quarantine: &quarantine) } ?? FlagSet()
        if state == nil { quarantine = Quarantine() }
        live = LiveView(revision: state?.revision, flags: flags, quarantined: quarantine.names)
        done = (state?.revision, state?.digest ?? .empty, quarantine.names)
        pending = []
        commitIsDue = false
        reportIsDue = false
        tickAt = nil
        connectedBefore = []
        preferred = 0
        crashAt = nil
        world.oracle.shown(id, live, batches: [])
        for link in links { link.wake() }
        keepReporting()
    }

    func crash() {
        guard isRunning else { return }
        world.note { "\(self.id): crashes, its cache at \(self.cache.revision.map { "\($0)" } ?? "nothing")" }
        stop()
    }

    /// A graceful stop: what is applied is cached and reported before it says goodbye.
    func leave() {
        guard isRunning else { return }
        commit()
        guard isRunning else { return }
        world.note { "\(self.id): leaves" }
        for link in links { send(.goodbye(agent: id, boot: boot), over: link) }
        stop()
    }

    private func stop() {
        isRunning = false
        crashAt = nil
        frozenUntil = 0
        for link in links { link.breakBoth() }
    }

    private func after(_ delay: UInt64, _ action: @escaping () -> Void) {
        let boot = self.boot
        world.after(delay) { [unowned self] in
            guard isRunning, boot == self.boot else { return }
            if frozenUntil > world.now { return after(frozenUntil - world.now, action) }
            action()
        }
    }

    private func crashed(_ step: Step) -> Bool {
        guard crashAt == step else { return false }
        world.note { "\(self.id): at the step \(step)" }
        crash()
        return true
    }

    // MARK: What comes in

    func subscriptionConnected(_ link: Link) {
        after(0) { [unowned self] in
            if link.isSyncConnected { perform(replica.start(now: world.now)) }
        }
    }

    func syncConnected(_ link: Link) {
        after(0) { [unowned self] in
            guard let index = links.firstIndex(where: { $0 === link }) else { return }
            if !links[preferred].isSyncConnected { preferred = index }
            send(.hello(lowest: Wire.version, highest: Wire.version, makeReport()), over: link)
            let isAgain = !connectedBefore.insert(index).inserted
            perform(isAgain && preferred == index ? replica.reconnected(now: world.now) : replica.start(now: world.now))
        }
    }

    func receivePublication(_ bytes: [UInt8], _ link: Link) {
        guard let publication = try? Publication(encoded: bytes) else { return }
        perform(replica.receive(publication, now: world.now))
        if replica.replica.conflict == nil, let index = links.firstIndex(where: { $0 === link }) { preferred = index }
    }

    func receiveReply(_ bytes: [UInt8], _ link: Link) {
        guard let reply = try? SyncReply(encoded: bytes) else { return }
        world.note { "\(self.id): \(link.node.name) answers \(reply.summary)" }
        perform(replica.receive(reply, now: world.now), goesOn: true)
    }

    // MARK: What is to be done

    /// - Parameter goesOn: what is asked belongs to the catch-up under way.
    private func perform(_ actions: [ReplicaAction], goesOn: Bool = false) {
        let boot = self.boot
        for action in actions {
            guard isRunning, boot == self.boot else { return }
            switch action {
            case .send(let body):
                if case .catchUp(let request, _, _, let whole) = body {
                    if !goesOn { catchUps += 1 }
                    world.oracle.asked(id)
                    world.note {
                        "\(self.id): asks \(self.links[self.preferred].node.name) to catch up\(whole ? ", whole" : "") "
                            + "(request \(request % 1_000))"
                    }
                }
                send(body, over: links[preferred])
            case .commit(let batch): stage(batch)
            case .report:
                commit()
                report()
            case .note(let note): world.note { "\(self.id): \(note)" }
            }
        }
        guard isRunning, boot == self.boot else { return }
        awaitDeadline()
    }

    private func awaitDeadline() {
        guard let deadline = replica.deadline, tickAt.map({ deadline < $0 }) ?? true else { return }
        tickAt = deadline
        after(deadline - min(deadline, world.now)) { [unowned self] in
            guard tickAt == deadline else { return }
            tickAt = nil
            if let due = replica.deadline, world.now >= due {
                if let next = links.indices.first(where: { $0 != preferred && links[$0].isSyncConnected }) {
                    preferred = next
                }
                perform(replica.tick(now: world.now))
            }
            awaitDeadline()
        }
    }

    private func stage(_ batch: Batch) {
        guard let state = replica.state else { return }
        world.note { "\(self.id): applies \(batch.revision) (\(batch.origin), \(batch.changes.count) changes)" }
        world.oracle.applied(id, batch)
        flags.apply(batch.changes, leadingTo: state, quarantine: &quarantine)
        pending.append(batch)
        guard !commitIsDue else { return }
        commitIsDue = true
        after(world.chance.within(0...10)) { [unowned self] in
            commitIsDue = false
            commit()
        }
    }

    /// Cache, then swap, then report. What lookups see in between is looked at each time.
    private func commit() {
        guard !pending.isEmpty, let last = pending.last else { return }
        if world.now < cacheFailsUntil {
            guard !commitIsDue else { return }
            commitIsDue = true
            return after(1_000) { [unowned self] in
                commitIsDue = false
                commit()
            }
        }
        let next = LiveView(revision: last.revision, flags: flags, quarantined: quarantine.names)
        if world.fault == .swapBeforeCache {
            swap(to: next)
            if crashed(.beforeCache) { return }
        }
        if world.fault == .reportBeforeCache {
            done = (last.revision, last.digest, next.quarantined)
            report()
        }
        if crashed(.beforeCache) { return }
        cache.commit(pending)
        world.oracle.cached(id, last.revision)
        if crashed(.afterCache) { return }
        world.oracle.answered(id, live)
        if world.fault != .swapBeforeCache { swap(to: next) }
        pending = []
        if crashed(.afterSwap) { return }
        done = (last.revision, last.digest, next.quarantined)
        guard !reportIsDue else { return }
        reportIsDue = true
        after(world.chance.within(0...20)) { [unowned self] in
            reportIsDue = false
            report()
        }
    }

    private func swap(to next: LiveView) {
        live = next
        world.oracle.shown(id, live, batches: pending)
    }

    // MARK: What goes out

    private func keepReporting() {
        report()
        after(1_000) { [unowned self] in keepReporting() }
    }

    private func report() {
        let report = makeReport()
        for link in links { send(.report(report), over: link) }
    }

    private func makeReport() -> Report {
        Report(
            agent: id, name: id, boot: boot, revision: done.revision, digest: done.digest,
            quarantined: done.quarantined, quarantinedCount: UInt32(done.quarantined.count),
            conflict: replica.replica.conflict.map { "\($0)" } ?? "", clock: world.now)
    }

    private func send(_ body: SyncRequest.Body, over link: Link) {
        link.request(SyncRequest(environment: "production", body).encoded())
    }

    // MARK: Damage

    func damageCache() {
        crash()
        if let what = cache.damage(&world.chance) { world.note { "\(self.id): its cache is damaged: \(what)" } }
    }

    func damageMemory() {
        guard isRunning, replica.state != nil, !replica.replica.isCatchingUp else { return }
        switch world.chance.within(0...3) {
        case 0:
            world.note { "\(self.id): a bit of its digest flips in memory" }
            replica.flipDigestBit()
        case 1:
            world.note { "\(self.id): holds an entry in memory that nobody wrote" }
            replica.damage(.put(EntryKey(.flag, "phantom"), [0]))
        default:
            let key = EntryKey(.flag, world.chance.pick(ChangeSource.flags))
            world.note { "\(self.id): holds another \(key) in memory" }
            replica.damage(.put(key, [UInt8(truncatingIfNeeded: world.chance.bits())]))
        }
        awaitDeadline()
    }
}

extension SyncReply {
    /// For the trace.
    fileprivate var summary: String {
        switch self {
        case .welcome: "welcome"
        case .refused(_, let refusal, _): "refused: \(refusal)"
        case .deltas(_, let deltas, let head): "\(deltas.count) deltas, head \(head)"
        case .part(_, let number, let offset, let total, _): "a part of \(number) at \(offset) of \(total)"
        case .upToDate: "up to date"
        case .manifest(_, _, let revision, _, let lines, let last):
            "\(lines.count) lines of the manifest of \(revision)\(last ? ", the last" : "")"
        case .entries(_, _, let changes, let last): "\(changes.count) changes\(last ? ", the last" : "")"
        case .busy: "busy"
        case .sessionOver: "session over"
        case .kill: "kill"
        }
    }
}
