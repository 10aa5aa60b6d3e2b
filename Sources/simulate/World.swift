import Replication

/// One run: a control node, agents, what lies between them, and everything that goes wrong, all drawn from one seed.
final class World {
    let seed: UInt64
    let fault: Fault?
    var chance: Chance
    var changes: ChangeSource
    var oracle = Oracle()
    private var queue = EventQueue()
    private var trace: Trace

    /// Sizes and times are small, so that little suffices to reach their limits.
    private(set) var serverSettings = CatchUpServer.Settings()
    private(set) var replicaSettings = Replica.Settings()
    private(set) var recentCount = 0
    private(set) var recentBytes = 0
    private(set) var highWaterMark = 0
    var weather = Link.Weather()
    /// What a large transaction of an agent takes; milliseconds.
    var slowestCommit: UInt64
    /// Batches that an agent lets wait for a disk that can't be written.
    private(set) var mostWaiting = 0

    private(set) var control: SimulatedControl!
    /// A second control node, on an empty data directory, that speaks for a while.
    private(set) var stranger: SimulatedControl!
    private(set) var agents: [SimulatedAgent] = []

    static let heartbeatEvery: UInt64 = 500
    static let calmCommit: UInt64 = 10

    init(seed: UInt64, fault: Fault?, trace: Trace.Mode) {
        self.seed = seed
        self.fault = fault
        self.trace = Trace(trace)
        chance = Chance(seed: seed &* 0x2545_F491_4F6C_DD1D &+ 1)
        changes = ChangeSource(seed: ~seed)
        serverSettings.chunkBytes = Int(chance.within(300...2_500))
        serverSettings.maximumSessions = Int(chance.within(1...6))
        serverSettings.sessionIdle = chance.within(2_000...10_000)
        replicaSettings.keptDeltas = Int(chance.within(2...40))
        replicaSettings.fetchKeys = Int(chance.within(2...20))
        recentCount = Int(chance.within(1...60))
        recentBytes = Int(chance.within(2_000...40_000))
        mostWaiting = Int(chance.within(2...30))
        highWaterMark = Int(chance.within(4...60))
        slowestCommit = chance.happens(0.5) ? Self.calmCommit : chance.within(50...3_000)
        control = SimulatedControl(self, name: "control")
        stranger = SimulatedControl(self, name: "stranger")
        for index in 0..<chance.within(3...8) {
            let agent = SimulatedAgent(self, id: "agent-\(index)")
            agent.links = [control, stranger].map { Link(self, agent, $0) }
            control.links.append(agent.links[0])
            stranger.links.append(agent.links[1])
            agents.append(agent)
        }
    }

    // MARK: Time

    var now: UInt64 { queue.now }
    var eventCount: UInt64 { queue.count }
    var lastLines: [String] { Array(trace.lines.suffix(Trace.keptLines)) }

    func at(_ time: UInt64, _ action: @escaping () -> Void) { queue.schedule(at: time, action) }

    func after(_ delay: UInt64, _ action: @escaping () -> Void) { queue.schedule(at: now + delay, action) }

    func note(_ text: () -> String) { trace.note(now, text) }

    /// Runs until `isOver` or something is violated.
    func run(until isOver: () -> Bool) {
        while oracle.violation == nil, !isOver(), let action = queue.next() {
            oracle.now = queue.now
            action()
        }
    }

    func run(for milliseconds: UInt64) {
        let end = now + milliseconds
        // Something is always to come by then.
        at(end) {}
        run { now >= end }
    }

    // MARK: Equality

    /// Does every agent hold, cache and show what control holds?
    var isConverged: Bool {
        let truth = control.committed
        return control.isRunning && control.log.blocked == nil
            && agents.allSatisfy { agent in
                agent.isRunning && !agent.isCacheBroken && agent.live.revision == truth.revision
                    && agent.cache.revision == truth.revision
                    && agent.state?.revision == truth.revision && agent.state?.digest == truth.digest
                    && agent.cache.digest == truth.digest
                    // What its disk refused is written when it is tried again.
                    && !agent.overlayIsDue
            }
    }

    /// Why not; for the report of a violation.
    var difference: String {
        let truth = control.committed
        let late = agents.filter {
            $0.live.revision != truth.revision || $0.state?.digest != truth.digest || $0.overlayIsDue
        }
        return "control is \(control.isRunning ? "" : "down, ")at \(truth.revision)"
            + (control.log.blocked.map { ", blocked: \($0)" } ?? "")
            + late.map { "; \($0.id) at \($0.live.revision.map { "\($0)" } ?? "nothing")" }.joined()
    }
}
