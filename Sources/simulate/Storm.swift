import Replication

/// Everything that goes wrong, and the operators who work on meanwhile. Which kinds of trouble a run has, and how much of
/// each, is part of its seed: a run with little of one kind reaches what a run with much of everything never does.
final class Storm {
    private enum Trouble: CaseIterable {
        case losePublications, loseSync, deafen, cutOne, cutAll, freeze, crashAgent, crashAgentAtStep, leave,
            damageCache
        case damageCacheInUse, damageMemory, fullDiskAtAgent, crashControl, crashControlAtStep, fullDiskAtControl,
            backUp, restore
        case stranger, strangerAlone, weather
    }

    private unowned let world: World
    private var weights: [(trouble: Trouble, weight: UInt64)] = []
    private let pace: UInt64
    private let writePace: UInt64
    private var isOver = false
    private var backups: [SimulatedStore] = []
    private var asksForEpoch = false
    /// Counts what an operator did to end a trouble, after which time counts anew.
    private(set) var disturbances = 0

    init(_ world: World) {
        self.world = world
        pace = world.chance.within(150...2_500)
        writePace = world.chance.within(20...800)
        for trouble in Trouble.allCases where world.chance.happens(0.6) {
            let isRare = trouble == .restore || trouble == .cutAll || trouble == .strangerAlone
            weights.append((trouble, isRare ? 1 : world.chance.within(1...6)))
        }
    }

    // MARK: The course

    func begin() {
        world.control.start()
        for agent in world.agents {
            if world.chance.happens(0.8) {
                agent.start()
            } else {
                world.after(world.chance.within(0...5_000)) { agent.start() }
            }
        }
        write()
        trouble()
        watchForBlocks()
    }

    /// Nothing goes wrong from now on, and everybody who is down gets up again. Returns when the last fault is over: one
    /// that stands still, or writes, does so to the end.
    func end() -> UInt64 {
        isOver = true
        world.note { "— the storm is over —" }
        world.weather = Link.Weather()
        world.slowestCommit = World.calmCommit
        world.stranger.crash()
        world.control.crashAt = nil
        world.control.failsNextWrite = false
        world.control.start()
        for agent in world.agents {
            agent.cacheFailsUntil = 0
            agent.crashAt = nil
            agent.start()
            agent.lookAtCache()
            for link in agent.links {
                if link.isCut {
                    link.isCut = false
                    link.breakBoth()
                }
                link.hearAgain()
            }
        }
        return world.agents.reduce(world.now) { max($0, $1.frozenUntil, $1.commitEnds) }
    }

    private func later(_ range: ClosedRange<UInt64>, _ action: @escaping () -> Void) {
        world.after(world.chance.within(range)) { [unowned self] in if !isOver { action() } }
    }

    // MARK: Operators

    private func write() {
        later(1...2 * writePace) { [unowned self] in
            for _ in 0..<(world.chance.happens(0.2) ? world.chance.within(2...12) : 1) {
                let waits = world.chance.happens(0.15)
                world.control.write(
                    .init(isDone: { [unowned self] delta in
                        if waits, let delta { wait(for: delta.revision, attempts: 40) }
                    }))
            }
            if world.stranger.isRunning, world.chance.happens(0.3) { world.stranger.write(.init()) }
            write()
        }
    }

    /// `fleet --wait`, asked four times a second.
    private func wait(for revision: Revision, attempts: Int) {
        guard attempts > 0 else { return }
        if let registered = world.control.everyoneHas(revision) {
            world.note { "operator: everyone has \(revision)" }
            return world.oracle.waitSaidDone(revision, agents: registered)
        }
        world.after(250) { [unowned self] in wait(for: revision, attempts: attempts - 1) }
    }

    /// An operator sees that control takes no writes and, after a while, begins a new epoch.
    private func watchForBlocks() {
        world.after(500) { [unowned self] in
            watchForBlocks()
            guard world.control.isRunning, world.control.log.blocked != nil, !asksForEpoch else { return }
            asksForEpoch = true
            world.after(world.chance.within(1_500...6_000)) { [unowned self] in
                asksForEpoch = false
                if world.control.beginEpoch() { disturbances += 1 }
            }
        }
    }

    // MARK: Troubles

    private func trouble() {
        guard !weights.isEmpty else { return }
        later(1...2 * pace) { [unowned self] in
            cause(pickTrouble())
            trouble()
        }
    }

    private func pickTrouble() -> Trouble {
        var left = world.chance.within(0...weights.reduce(0) { $0 + $1.weight } - 1)
        for (trouble, weight) in weights {
            if left < weight { return trouble }
            left -= weight
        }
        return weights[0].trouble
    }

    private func cause(_ trouble: Trouble) {
        let agent = world.chance.pick(world.agents)
        let link = agent.links[world.chance.happens(0.9) ? 0 : 1]
        switch trouble {
        case .losePublications: link.breakPublications()
        case .loseSync: link.breakSync()
        case .deafen:
            world.note { "network: no publication reaches \(agent.id)" }
            link.deafen()
            later(200...6_000) { link.hearAgain() }
        case .cutOne: cut([link], for: world.chance.within(200...8_000))
        case .cutAll: cut(world.control.links, for: world.chance.within(200...5_000))
        case .freeze:
            guard agent.isRunning else { break }
            world.note { "\(agent.id): stands still" }
            agent.frozenUntil = max(agent.frozenUntil, world.now + world.chance.within(50...6_000))
        case .crashAgent:
            agent.crash()
            revive(agent)
        case .crashAgentAtStep:
            agent.crashAt = world.chance.pick(SimulatedAgent.Step.allCases)
            revive(agent)
        case .leave:
            agent.leave()
            revive(agent)
        case .damageCache:
            agent.damageCache()
            revive(agent)
        case .damageCacheInUse: agent.damageCacheInUse()
        case .damageMemory: agent.damageMemory()
        case .fullDiskAtAgent: agent.cacheFailsUntil = world.now + world.chance.within(500...5_000)
        case .crashControl:
            world.control.crash()
            reviveControl()
        case .crashControlAtStep:
            world.control.crashAt = world.chance.pick(SimulatedControl.Step.allCases)
            reviveControl()
        case .fullDiskAtControl: world.control.failsNextWrite = true
        case .backUp: backups.append(world.control.store)
        case .restore:
            guard !backups.isEmpty else { break }
            world.control.crash()
            world.control.restore(world.chance.pick(backups))
            reviveControl()
        case .stranger: stranger(alone: false)
        case .strangerAlone: stranger(alone: true)
        case .weather: changeWeather()
        }
    }

    /// Whoever is down, or about to be, gets up after a while.
    private func revive(_ agent: SimulatedAgent) {
        later(50...4_000) { agent.start() }
        later(4_000...8_000) { agent.start() }
    }

    private func reviveControl() {
        later(50...3_000) { [unowned self] in world.control.start() }
        later(3_000...6_000) { [unowned self] in world.control.start() }
    }

    private func cut(_ links: [Link], for duration: UInt64) {
        world.note { "network: cuts off \(links.map(\.agent.id).joined(separator: ", "))" }
        for link in links { link.isCut = true }
        world.after(duration) { [unowned self] in
            guard !isOver else { return }
            world.note { "network: joins \(links.map(\.agent.id).joined(separator: ", "))" }
            for link in links where link.isCut {
                link.isCut = false
                link.breakBoth()
            }
        }
    }

    private func stranger(alone: Bool) {
        guard !world.stranger.isRunning else { return }
        if world.chance.happens(0.5) { world.stranger.beginEmpty() }
        if alone {
            world.control.crash()
            reviveControl()
        }
        world.stranger.start()
        later(500...6_000) { [unowned self] in world.stranger.crash() }
    }

    private func changeWeather() {
        world.weather = Link.Weather(
            drop: world.chance.happens(0.5) ? 0.2 : 0, double: world.chance.happens(0.5) ? 0.2 : 0,
            reorder: world.chance.happens(0.5) ? 0.2 : 0, slowest: world.chance.within(1...200),
            publicationsBehind: world.chance.happens(0.3) ? world.chance.within(50...2_000) : 0,
            repliesBehind: world.chance.happens(0.3) ? world.chance.within(50...2_000) : 0)
        later(200...4_000) { [unowned self] in world.weather = Link.Weather() }
    }
}
