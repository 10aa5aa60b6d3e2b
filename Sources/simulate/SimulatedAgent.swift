import Flags
import Replication

/// An agent: a `Replica` with a cache and what lookups see, as the agent's link puts them together. It can die at every
/// step; what it had cached is all that is left then.
final class SimulatedAgent {
    /// Where a crash can be armed.
    enum Step: CaseIterable {
        case beforeCache, withinCommit, afterCache, afterSwap, beforeOverlay, afterOverlay
    }

    unowned let world: World
    let id: String
    var cache = SimulatedCache()
    private(set) var isRunning = false
    private(set) var boot: UInt64 = 0
    var replica: FaultyReplica
    var live = LiveView()
    /// Of the revision that is shown, without what overtook it.
    var shownFlags = FlagSet()
    /// Kills ahead of their turn: those on disk, which are shown; and with what the disk hasn't taken yet.
    var held: FaultyOverlay
    var wanted: FaultyOverlay
    var overlayIsDue = false
    /// Led to the last batch that was staged.
    var flags = FlagSet()
    var quarantine = Quarantine()
    /// Since lookups last saw something new; and of that what the cache is still to be told.
    var staged: [Batch] = []
    var pending: [Batch] = []
    /// The disk refused what is pending.
    var hasFailed = false
    /// What is pending can't lead the cache on: only a whole state can.
    var isLost = false
    var wantsEverything = false
    /// What reports say: applied and cached.
    var done: (revision: Revision?, digest: Digest, quarantined: [String]) = (nil, .empty, [])
    var commitIsDue = false
    /// A transaction is under way: the link's thread waits for it, and with it everything but kills.
    var isCommitting = false
    private var waiting: [() -> Void] = []
    private var isLeaving = false
    private var startsAgain = false
    private var tickAt: UInt64?
    var reportIsDue = false
    private var preferred = 0
    private var connectedBefore: Set<Int> = []
    var links: [Link] = []

    var frozenUntil: UInt64 = 0
    var crashAt: Step?
    /// The disk can't be written until then.
    var cacheFailsUntil: UInt64 = 0
    /// The next write will find the cache damaged.
    var isCacheBroken = false
    /// When the transaction that is under way ends, or the last one ended.
    var commitEnds: UInt64 = 0
    /// Catch-ups it has begun.
    private(set) var catchUps = 0

    init(_ world: World, id: String) {
        self.world = world
        self.id = id
        replica = FaultyReplica(nil, seed: 0, settings: world.replicaSettings, fault: world.fault)
        held = FaultyOverlay([], fault: world.fault)
        wanted = held
    }

    var state: ReplicatedState? { replica.state }

    // MARK: Life

    func start() {
        guard !isRunning else {
            startsAgain = isLeaving
            return
        }
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
            cache.setAside()
        }
        if cache.overlay == nil {
            world.note { "\(self.id): can't read the kills it was to remember" }
            world.oracle.overlayLost(id)
        }
        world.note { "\(self.id): starts from \(state.map { "\($0.revision)" } ?? "nothing")" }
        world.oracle.started(id, from: state, wasDamaged: wasDamaged)
        replica = FaultyReplica(state, seed: boot, settings: world.replicaSettings, fault: world.fault)
        flags = state.map { FlagSet.compiled(from: $0, quarantine: &quarantine) } ?? FlagSet()
        if state == nil { quarantine = Quarantine() }
        held = FaultyOverlay(cache.overlay ?? [], fault: world.fault)
        wanted = held
        overlayIsDue = false
        done = (state?.revision, state?.digest ?? .empty, quarantine.names)
        (staged, pending) = ([], [])
        (hasFailed, isLost, wantsEverything, isCacheBroken) = (false, false, false, false)
        commitIsDue = false
        isCommitting = false
        waiting = []
        isLeaving = false
        startsAgain = false
        reportIsDue = false
        tickAt = nil
        connectedBefore = []
        preferred = 0
        crashAt = nil
        show(flags, at: state?.revision, quarantined: quarantine.names, batches: [])
        settleOverlay()
        guard isRunning else { return }
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
        guard isRunning, !isLeaving else { return }
        world.note { "\(self.id): leaves" }
        isLeaving = true
        whenFree { [unowned self] in
            commit { [unowned self] in
                for link in links { send(.goodbye(agent: id, boot: boot), over: link) }
                stop()
                if startsAgain { world.after(1) { [unowned self] in start() } }
            }
        }
    }

    private func stop() {
        isRunning = false
        crashAt = nil
        frozenUntil = 0
        for link in links { link.breakBoth() }
    }

    func after(_ delay: UInt64, _ action: @escaping () -> Void) {
        let boot = self.boot
        world.after(delay) { [unowned self] in
            guard isRunning, boot == self.boot else { return }
            if frozenUntil > world.now { return after(frozenUntil - world.now, action) }
            action()
        }
    }

    func crashed(_ step: Step) -> Bool {
        guard crashAt == step else { return false }
        world.note { "\(self.id): at the step \(step)" }
        crash()
        return true
    }

    /// On the link's thread, after what it is at and what waits for it.
    func whenFree(_ action: @escaping () -> Void) {
        if isCommitting { waiting.append(action) } else { action() }
    }

    /// The transaction is over: on with what came meanwhile.
    func goOn() {
        let boot = self.boot
        while isRunning, boot == self.boot, !isCommitting, !waiting.isEmpty { waiting.removeFirst()() }
    }

    // MARK: What comes in

    func subscriptionConnected(_ link: Link) {
        arrive { [unowned self] in
            if link.isSyncConnected { perform(replica.start(now: world.now)) }
        }
    }

    func syncConnected(_ link: Link) {
        arrive { [unowned self] in
            guard let index = links.firstIndex(where: { $0 === link }) else { return }
            if !links[preferred].isSyncConnected { preferred = index }
            send(.hello(lowest: Wire.version, highest: Wire.version, makeReport()), over: link)
            let isAgain = !connectedBefore.insert(index).inserted
            perform(isAgain && preferred == index ? replica.reconnected(now: world.now) : replica.start(now: world.now))
        }
    }

    private func arrive(_ action: @escaping () -> Void) {
        after(0) { [unowned self] in
            guard !isLeaving else { return }
            whenFree(action)
        }
    }

    func receivePublication(_ bytes: [UInt8], _ link: Link) {
        guard !isLeaving, let publication = try? Publication(encoded: bytes) else { return }
        if wanted.heard(publication) { layOverlay() }
        whenFree { [unowned self] in
            perform(replica.receive(publication, now: world.now))
            if replica.replica.conflict == nil, let index = links.firstIndex(where: { $0 === link }) {
                preferred = index
            }
        }
    }

    /// Kills are taken in whatever the link's thread is at.
    func receiveReply(_ bytes: [UInt8], _ link: Link) {
        guard !isLeaving, let reply = try? SyncReply(encoded: bytes) else { return }
        world.note { "\(self.id): \(link.node.name) answers \(reply.summary)" }
        if case .kill(let kill) = reply { return take(kill, isCutOff: link.isDeaf) }
        whenFree { [unowned self] in perform(replica.receive(reply, now: world.now), goesOn: true) }
    }

    // MARK: What is to be done

    /// - Parameter goesOn: what is asked belongs to the catch-up under way.
    private func perform(_ actions: [ReplicaAction], goesOn: Bool = false) {
        perform(actions[...], goesOn)
    }

    private func perform(_ actions: ArraySlice<ReplicaAction>, _ goesOn: Bool) {
        let boot = self.boot
        for (index, action) in zip(actions.indices, actions) {
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
                // What follows waits until control was told.
                return commit { [unowned self] in
                    report()
                    perform(actions[(index + 1)...], goesOn)
                }
            case .note(let note): world.note { "\(self.id): \(note)" }
            }
        }
        guard isRunning, boot == self.boot else { return }
        askForEverything()
        awaitDeadline()
    }

    func askForEverything() {
        guard wantsEverything else { return }
        let actions = replica.fetchEverything(now: world.now)
        if !actions.isEmpty { perform(actions) } else { awaitDeadline() }
    }

    func awaitDeadline() {
        guard let deadline = replica.deadline, tickAt.map({ deadline < $0 }) ?? true else { return }
        tickAt = deadline
        after(deadline - min(deadline, world.now)) { [unowned self] in
            whenFree { [unowned self] in tick(deadline) }
        }
    }

    private func tick(_ deadline: UInt64) {
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
