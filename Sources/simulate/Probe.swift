import Replication

/// Single faults in the calm. Each must heal within two heartbeats and the catch-up's own jitter, by one catch-up of the
/// agent concerned and none of anybody else.
enum Probe: CaseIterable {
    case lostLastMessage, hole, damagedMemory

    /// Two heartbeats, the jitter before the catch-up, and the ways between.
    private static let limit: UInt64 = 2 * World.heartbeatEvery + 200 + 150

    static func runAll(in world: World) {
        for probe in allCases where world.oracle.violation == nil { probe.run(in: world) }
    }

    private func run(in world: World) {
        let agent = world.chance.pick(world.agents)
        let before = world.agents.map(\.catchUps)
        let begun = world.now
        world.note { "— probe: \(self) at \(agent.id) —" }
        switch self {
        case .lostLastMessage:
            agent.links[0].losesNextPublication = true
            publish(1, in: world)
        case .hole:
            agent.links[0].losesNextPublication = true
            publish(3, in: world)
        case .damagedMemory: agent.damageMemory()
        }
        // What it takes until the change is stored, and until the damage is there to be healed.
        world.run(for: 30)
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

    private func publish(_ count: UInt64, in world: World) {
        for index in 0..<count {
            world.after(index * 10) { world.control.write(.init(makesSmall: true)) }
        }
    }
}
