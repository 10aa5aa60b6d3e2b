/// What lies between one agent and one control node: the connection for publications (PUB → SUB) and the one for
/// catch-up (DEALER ↔ ROUTER), each of which can be lost by itself.
///
/// As with ZeroMQ: in order on a connection; what is under way when it breaks is lost; a subscription takes effect a
/// moment after connecting, and what was published until then is lost; past the high-water mark messages are dropped
/// silently. Beyond ZeroMQ: single messages may be lost, doubled or overtake each other.
final class Link {
    struct Weather {
        var drop = 0.0
        var double = 0.0
        var reorder = 0.0
        /// Milliseconds.
        var slowest: UInt64 = 4
        /// Publications, or replies, come so much later than all the rest; milliseconds.
        var publicationsBehind: UInt64 = 0
        var repliesBehind: UInt64 = 0
    }

    enum Direction: Int {
        case publication, request, reply
    }

    private struct Lane {
        var isConnected = false
        /// Counts connections: what belongs to an earlier one is never delivered.
        var connection = 0
        var isConnecting = false
        var attempts: UInt64 = 0
    }

    unowned let world: World
    unowned let agent: SimulatedAgent
    let node: SimulatedControl
    private var publications = Lane()
    private var sync = Lane()
    /// When the subscription takes effect.
    private var subscribedFrom: UInt64 = 0
    private var lastArrival: [UInt64] = [0, 0, 0]
    private var underWay = 0
    /// The connection over which the node has heard the agent: it can send to no other.
    private var heardOver = 0
    var isCut = false
    /// The port for publications can't be reached, the other one can.
    private var isDeafened = false
    /// The next delta that is published is lost, for a probe.
    var losesNextDelta = false
    /// The same for a kill.
    var losesNextUrgentCopy = false

    init(_ world: World, _ agent: SimulatedAgent, _ node: SimulatedControl) {
        self.world = world
        self.agent = agent
        self.node = node
    }

    var isSyncConnected: Bool { sync.isConnected }

    /// No publication comes through.
    var isDeaf: Bool { !publications.isConnected || world.now < subscribedFrom }

    // MARK: Connections

    /// Something at either end has changed: connect what can be connected.
    func wake() {
        connect(\.publications)
        connect(\.sync)
    }

    private func connect(_ lane: ReferenceWritableKeyPath<Link, Lane>) {
        guard !self[keyPath: lane].isConnected, !self[keyPath: lane].isConnecting else { return }
        guard canConnect(lane) else { return }
        self[keyPath: lane].isConnecting = true
        let longest = min(1_000, UInt64(50) << min(self[keyPath: lane].attempts, 5))
        self[keyPath: lane].attempts += 1
        world.after(world.chance.within(5...longest)) { [unowned self] in
            self[keyPath: lane].isConnecting = false
            guard canConnect(lane), !self[keyPath: lane].isConnected else { return }
            self[keyPath: lane].isConnected = true
            self[keyPath: lane].connection += 1
            self[keyPath: lane].attempts = 0
            if lane == \.publications {
                underWay = 0
                subscribedFrom = world.now + world.chance.within(0...30)
                agent.subscriptionConnected(self)
            } else {
                agent.syncConnected(self)
            }
        }
    }

    private func canConnect(_ lane: ReferenceWritableKeyPath<Link, Lane>) -> Bool {
        node.isRunning && agent.isRunning && !isCut && !(isDeafened && lane == \.publications)
    }

    func deafen() {
        isDeafened = true
        breakPublications()
    }

    func hearAgain() {
        isDeafened = false
        wake()
    }

    func breakPublications() { disconnect(\.publications) }

    func breakSync() { disconnect(\.sync) }

    func breakBoth() {
        breakPublications()
        breakSync()
    }

    private func disconnect(_ lane: ReferenceWritableKeyPath<Link, Lane>) {
        self[keyPath: lane].isConnected = false
        self[keyPath: lane].connection += 1
        connect(lane)
    }

    // MARK: Messages

    func publish(_ bytes: [UInt8], isHeartbeat: Bool = false) {
        guard publications.isConnected, world.now >= subscribedFrom else { return }
        if losesNextDelta, !isHeartbeat {
            losesNextDelta = false
            world.note { "network: loses a delta to \(self.agent.id)" }
            return
        }
        guard underWay < world.highWaterMark else {
            world.note { "network: past the high-water mark of \(self.agent.id), dropped" }
            return
        }
        carry(bytes, .publication, publications.connection) { [unowned self] bytes in
            agent.receivePublication(bytes, self)
        }
    }

    func request(_ bytes: [UInt8]) {
        guard sync.isConnected else { return }
        let connection = sync.connection
        carry(bytes, .request, connection) { [unowned self] bytes in
            if connection == sync.connection { heardOver = connection }
            node.receive(bytes) { [unowned self] reply in self.reply(reply, connection) }
        }
    }

    /// Without being asked.
    func urge(_ bytes: [UInt8]) {
        if losesNextUrgentCopy {
            losesNextUrgentCopy = false
            return
        }
        if heardOver == sync.connection { reply(bytes, heardOver) }
    }

    private func reply(_ bytes: [UInt8], _ connection: Int) {
        guard sync.isConnected, connection == sync.connection else { return }
        carry(bytes, .reply, sync.connection) { [unowned self] bytes in agent.receiveReply(bytes, self) }
    }

    private func carry(_ bytes: [UInt8], _ direction: Direction, _ connection: Int, to end: @escaping ([UInt8]) -> Void)
    {
        guard !isCut else { return }
        let weather = world.weather
        if weather.drop > 0, world.chance.happens(weather.drop) { return }
        let copies = weather.double > 0 && world.chance.happens(weather.double) ? 2 : 1
        for _ in 0..<copies {
            var arrival = world.now + world.chance.within(0...weather.slowest)
            if direction == .publication { arrival += weather.publicationsBehind }
            if direction == .reply { arrival += weather.repliesBehind }
            if weather.reorder > 0, world.chance.happens(weather.reorder) {
                arrival += world.chance.within(1...50)
            } else {
                arrival = max(arrival, lastArrival[direction.rawValue])
                lastArrival[direction.rawValue] = arrival
            }
            if direction == .publication { underWay += 1 }
            // A process that dies leaves the kernel what it had sent.
            let outlives = direction == .request && world.chance.happens(0.5)
            world.at(arrival) { [unowned self] in deliver(bytes, direction, outlives ? nil : connection, end) }
        }
    }

    private func deliver(
        _ bytes: [UInt8], _ direction: Direction, _ connection: Int?, _ end: @escaping ([UInt8]) -> Void
    ) {
        let current = (direction == .publication ? publications : sync).connection
        guard connection == nil || connection == current, !isCut else { return }
        if direction != .request, agent.frozenUntil > world.now {
            // The process stands still: what came waits in the kernel.
            world.at(agent.frozenUntil) { [unowned self] in deliver(bytes, direction, connection, end) }
            return
        }
        if direction == .publication { underWay -= 1 }
        end(bytes)
    }
}
