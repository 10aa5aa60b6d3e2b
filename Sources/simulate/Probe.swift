import Flags
import Replication

/// Single faults in the calm. Each must heal within two heartbeats and the catch-up's own jitter, by one catch-up of the
/// agent concerned and none of anybody else.
enum Probe: CaseIterable {
    case lostLastMessage, hole, damagedMemory, killAhead, killInTurn, lostKill

    /// Two heartbeats, the jitter before the catch-up, and the ways between.
    private static let limit: UInt64 = 2 * World.heartbeatEvery + 200 + 150

    static func runAll(in world: World) {
        for probe in allCases where world.oracle.violation == nil && (probe != .lostKill || world.chance.happens(0.2)) {
            probe.run(in: world)
        }
    }

    private func run(in world: World) {
        if self == .lostKill { return loseKill(in: world) }
        let agent = world.chance.pick(world.agents)
        if self == .killAhead || self == .killInTurn {
            world.control.write(.init(kind: .plain))
            // As long as it may take a busy agent.
            world.run(for: 200)
        }
        let before = world.agents.map(\.catchUps)
        let begun = world.now
        world.note { "— probe: \(self) at \(agent.id) —" }
        switch self {
        case .lostLastMessage:
            agent.links[0].losesNextDelta = true
            publish(1, in: world)
        case .hole:
            agent.links[0].losesNextDelta = true
            publish(3, in: world)
        case .damagedMemory: agent.damageMemory()
        case .killAhead:
            agent.links[0].losesNextDelta = true
            kill(in: world)
        case .killInTurn:
            agent.links[0].losesNextUrgentCopy = true
            kill(in: world)
        case .lostKill: break
        }
        // What it takes until the change is stored, and until the damage is there to be healed.
        world.run(for: 30)
        if self == .killAhead { expectKill(from: agent, in: world) }
        world.run { world.isConverged || world.now > begun + 30 + Self.limit }
        guard world.oracle.violation == nil else { return }
        guard world.isConverged else {
            return world.oracle.fail(.healsByOneCatchUp, "\(self): not healed in \(Self.limit) ms: \(world.difference)")
        }
        // Nobody asks a second time.
        world.run(for: 1_000)
        for (index, other) in world.agents.enumerated() {
            let asked = other.catchUps - before[index]
            // A replica that holds a damaged entry of the same bytes needs none.
            guard asked > (other === agent ? 1 : 0) else { continue }
            world.oracle.fail(.healsByOneCatchUp, "\(self): \(other.id) asked \(asked) times")
        }
    }

    /// Every agent shows a kill of which control, gone back to a backup, knows nothing: no number betrays it but the
    /// kill's own. Control must hear of it, and the new epoch end it.
    private func loseKill(in world: World) {
        world.control.write(.init(kind: .plain))
        world.run(for: 200)
        world.note { "— probe: \(self) —" }
        let epoch = world.control.committed.revision.epoch
        let backup = world.control.store
        for agent in world.agents { agent.links[0].losesNextDelta = true }
        kill(in: world)
        world.run(for: 30)
        guard world.oracle.violation == nil else { return }
        world.control.crash()
        world.control.restore(backup)
        world.control.start()
        // An operator looks at what control says, waits, and begins a new epoch.
        let end = world.now + 7_000 + Run.longestHealing
        world.run { world.now > end || (world.isConverged && world.control.committed.revision.epoch != epoch) }
        guard world.oracle.violation == nil, world.control.committed.revision.epoch == epoch else { return }
        world.oracle.fail(.overlayEnds, "\(self): control doesn't hear of the kill that it has lost")
    }

    private func kill(in world: World) { world.control.write(.init(kind: .kill)) }

    private func expectKill(from agent: SimulatedAgent, in world: World) {
        let number = world.control.committed.revision.number
        let kill = agent.live.overlay.first { $0.revision.number == number }
        let answer = agent.live.flags.evaluate(
            ChangeSource.flags[0], context: EvaluationContext(targetingKey: ChangeSource.users[0]), unixSeconds: 0)
        guard let kill, answer.value == kill.kill.value else {
            return world.oracle.fail(.killGoesAhead, "\(agent.id) doesn't show the kill that it was sent")
        }
    }

    private func publish(_ count: UInt64, in world: World) {
        for index in 0..<count {
            world.after(index * 10) { world.control.write(.init(kind: .small)) }
        }
    }
}
