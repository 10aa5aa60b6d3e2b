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
    var isCut = false
    /// The next publication is lost, for a probe.
    var losesNextPublication = false

    init(_ world: World, _ agent: SimulatedAgent, _ node: SimulatedControl) {
        self.world = world
        self.agent = agent
        self.node = node
    }

    var isSyncConnected: Bool { sync.isConnected }

    // MARK: Connections

    /// Something at either end has changed: connect what can be connected.
    func wake() {
        connect(\.publications)
        connect(\.sync)
    }

    private func connect(_ lane: ReferenceWritableKeyPath<Link, Lane>) {
        guard !self[keyPath: lane].isConnected, !self[keyPath: lane].isConnecting else { return }
        guard node.isRunning, agent.isRunning, !isCut else { return }
        self[keyPath: lane].isConnecting = true
        let longest = min(1_000, UInt64(50) << min(self[keyPath: lane].attempts, 5))
        self[keyPath: lane].attempts += 1
        world.after(world.chance.within(5...longest)) { [unowned self] in
            self[keyPath: lane].isConnecting = false
            guard node.isRunning, agent.isRunning, !isCut, !self[keyPath: lane].isConnected else { return }
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

    func publish(_ bytes: [UInt8]) {
        guard publications.isConnected, world.now >= subscribedFrom else { return }
        if losesNextPublication {
            losesNextPublication = false
            world.note { "network: loses a publication to \(self.agent.id)" }
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
            node.receive(bytes) { [unowned self] reply in self.reply(reply, connection) }
        }
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
