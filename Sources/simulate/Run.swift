import Flags
import Replication

/// The course of one seed: a stormy time, the time until everything has healed, and then faults one by one in the calm,
/// where it can be said exactly what each may cost.
struct Run {
    struct Outcome {
        var seed: UInt64
        var events: UInt64
        var checks: UInt64
        /// From the last disturbance until every agent equals control; virtual milliseconds.
        var healedIn: UInt64
        var violation: Violation?
        var lastLines: [String]
        var kills: KillTally
        /// A word on everything that happened: two runs of one seed have the same.
        var fingerprint: UInt64
    }

    private let world: World
    private let storm: Storm
    private var healedIn: UInt64 = 0

    init(seed: UInt64, fault: Fault?, trace: Trace.Mode) {
        world = World(seed: seed, fault: fault, trace: trace)
        storm = Storm(world)
    }

    /// Two heartbeats, and one catch-up with its longest waits: a request that is answered by nobody (8 s and a quarter
    /// of it), asked again. What an agent was refused before counts as such a wait.
    static let longestHealing: UInt64 = 2 * World.heartbeatEvery + 12_500

    static func outcome(of seed: UInt64, fault: Fault?, trace: Trace.Mode = .off) -> Outcome {
        var run = Run(seed: seed, fault: fault, trace: trace)
        run.perform()
        let world = run.world
        return Outcome(
            seed: seed, events: world.eventCount, checks: world.oracle.checks, healedIn: run.healedIn,
            violation: world.oracle.violation, lastLines: world.lastLines,
            kills: world.oracle.tally,
            fingerprint: (world.eventCount &* 31 &+ world.now) &* 31 &+ world.chance.bits())
    }

    private mutating func perform() {
        storm.begin()
        world.run(for: world.chance.within(5_000...20_000))
        guard world.oracle.violation == nil else { return }
        heal(calmSince: storm.end())
        guard world.oracle.violation == nil else { return }
        compareEverything()
        // Connections still come up, and with each an agent asks.
        world.run(for: 2_000)
        guard world.oracle.violation == nil else { return }
        Probe.runAll(in: world)
        if world.oracle.violation == nil { compareEverything() }
    }

    private mutating func heal(calmSince lastFault: UInt64) {
        let world = self.world
        let storm = self.storm
        var calmSince = lastFault
        var disturbances = storm.disturbances
        world.run {
            if storm.disturbances != disturbances || world.control.log.blocked != nil {
                disturbances = storm.disturbances
                calmSince = max(calmSince, world.now)
            }
            return (world.isConverged && world.now >= calmSince) || world.now > calmSince + Self.longestHealing
        }
        guard world.oracle.violation == nil else { return }
        guard world.isConverged else {
            return world.oracle.fail(.converges, "\(Self.longestHealing) ms after the last fault: \(world.difference)")
        }
        healedIn = world.now - min(world.now, calmSince)
    }

    /// All of every agent's state, entry by entry, besides the digest.
    private func compareEverything() {
        let truth = world.control.committed
        if !truth.isSound {
            world.oracle.fail(.converges, "control's digest isn't that of its entries")
        }
        for agent in world.agents {
            guard let state = agent.state, state.revision == truth.revision, state.entries == truth.entries,
                state.pilots == truth.pilots, state.memberCount == truth.memberCount,
                state.isSound, state.digest == truth.digest
            else {
                world.oracle.fail(.converges, "\(agent.id) has the digest and not the entries")
                continue
            }
            guard case .state(let cached) = agent.cache.read(believing: false), cached.entries == truth.entries,
                cached.pilots == truth.pilots
            else {
                world.oracle.fail(.converges, "the cache of \(agent.id) isn't control's state")
                continue
            }
            world.oracle.shown(agent.id, agent.live, batches: [])
            compareOverlay(agent)
        }
        if world.oracle.violation == nil { compareWithCompiledAnew(truth) }
    }

    private func compareOverlay(_ agent: SimulatedAgent) {
        let left = agent.held.kills + agent.wanted.kills + (agent.cache.overlay ?? [])
        if let first = left.first {
            world.oracle.fail(.overlayEnds, "\(agent.id) keeps the kill of \(first.flag) at \(first.revision)")
        }
    }

    /// Change by change or at once: the same answers. What can't be compiled leaves nothing to compare.
    private func compareWithCompiledAnew(_ truth: ReplicatedState) {
        var quarantine = Quarantine()
        let whole = FlagSet.compiled(from: truth, quarantine: &quarantine)
        guard quarantine.count == 0 else { return }
        let contexts = [EvaluationContext()] + ChangeSource.users.prefix(8).map { EvaluationContext(targetingKey: $0) }
        let (start, end) = RolloutForm.rampTimes
        for agent in world.agents where agent.live.overlay.isEmpty {
            for key in whole.flagKeys + whole.componentNames.map({ ComponentKey.flagKey(of: $0) }) {
                for context in contexts {
                    for time in [Int64(start + end) / 2, Int64(end)] {
                        let expected = whole.evaluate(key, context: context, unixSeconds: time)
                        guard agent.live.flags.evaluate(key, context: context, unixSeconds: time) == expected else {
                            return world.oracle.fail(
                                .contentOfItsRevision, "\(agent.id) answers otherwise for \(key) than its whole state")
                        }
                    }
                }
            }
        }
    }
}
