import Replication
import Testing

/// One control node and one agent, joined by hand: what the test doesn't deliver never arrives.
struct Pair {
    var log: NumberedLog
    var server: CatchUpServer
    var replica: Replica
    var now: UInt64 = 1_000
    private(set) var batches: [Batch] = []
    private(set) var notes: [ReplicaNote] = []
    private(set) var requests: [SyncRequest.Body] = []
    private(set) var reports = 0
    /// Bytes of the largest reply so far.
    private(set) var largestReply = 0
    /// Requests that control doesn't hear.
    var losesRequests = 0

    static let epoch = Epoch(counter: 1, id: 0xA)

    init(
        epoch: Epoch = Pair.epoch, number: UInt64 = 0, holding changes: [EntryChange] = [],
        agent: ReplicatedState? = nil,
        recent: RecentDeltas = RecentDeltas(), server: CatchUpServer.Settings = .init(),
        replica: Replica.Settings = .init(), seed: UInt64 = 1
    ) {
        var state = ReplicatedState(revision: Revision(epoch: epoch, number: number))
        state.apply(changes)
        log = NumberedLog(state)
        self.server = CatchUpServer(state, recent: recent, node: 77, settings: server)
        self.replica = Replica(agent, seed: seed, settings: replica)
    }

    /// Control stores a change. It reaches the agent only by `deliver`, or when the agent asks.
    @discardableResult
    mutating func store(_ changes: EntryChange...) throws -> Delta {
        let delta = try log.stage(changes, time: now)
        let deltas = log.commit()
        server.advance(to: log.committed, deltas: deltas.map { RecentDeltas.Item($0, bytes: $0.encoded()) })
        return delta
    }

    mutating func deliver(_ deltas: Delta...) {
        for delta in deltas { perform(replica.receive(.delta(delta), now: now)) }
    }

    mutating func beat() { perform(replica.receive(.heartbeat(server.heartbeat(clock: 0)), now: now)) }

    mutating func beginEpoch(id: UInt64 = 0xE, heard: [Revision] = []) {
        log.begin(log.nextEpoch(id: id, heard: heard))
        server.advance(to: log.committed, deltas: [])
    }

    mutating func start() { perform(replica.start(now: now)) }

    /// Does what the replica asks for, and what that leads to.
    mutating func perform(_ actions: [ReplicaAction]) {
        for action in actions {
            switch action {
            case .send(let body): send(body)
            case .commit(let batch): batches.append(batch)
            case .report: reports += 1
            case .note(let note): notes.append(note)
            }
        }
    }

    private mutating func send(_ body: SyncRequest.Body) {
        requests.append(body)
        if losesRequests > 0 {
            losesRequests -= 1
            return
        }
        guard let reply = server.answer(body, now: now) else { return }
        let bytes = reply.encoded()
        largestReply = max(largestReply, bytes.count)
        guard let read = try? SyncReply(encoded: bytes) else { return }
        perform(replica.receive(read, now: now))
    }

    /// Lets time pass until the replica wants nothing more, for at most so long.
    mutating func settle(for milliseconds: UInt64 = 60_000) {
        let end = now + milliseconds
        while let deadline = replica.deadline, deadline <= end {
            now = max(now, deadline)
            perform(replica.tick(now: now))
        }
    }

    var isEqual: Bool {
        replica.state?.revision == log.committed.revision && replica.state?.digest == log.committed.digest
            && replica.state?.entries == log.committed.entries && replica.state?.pilots == log.committed.pilots
    }

    /// Control and an agent at revision 3, nothing under way.
    static func level(_ settings: Replica.Settings = .init()) throws -> Pair {
        var pair = Pair(replica: settings)
        pair.start()
        for name in ["a", "b", "c"] { pair.deliver(try pair.store(put(name))) }
        try #require(pair.isEqual)
        #expect(!pair.replica.isCatchingUp)
        return pair
    }

    /// Level, then a delta is lost, noticed by the heartbeat, and asked for by a request that isn't heard.
    static func askingInVain() throws -> Pair {
        var settings = Replica.Settings()
        settings.jitter = 0
        var pair = try level(settings)
        try pair.store(put("lost"))
        pair.losesRequests = 1
        pair.beat()
        return pair
    }

    var catchUps: Int {
        requests.count { if case .catchUp = $0 { true } else { false } }
    }

    /// The id of the newest request, if that is a catch-up.
    var lastCatchUp: UInt64? {
        if case .catchUp(let request, _, _, _) = requests.last { request } else { nil }
    }

    func note(_ isWanted: (ReplicaNote) -> Bool) -> Bool { notes.contains(where: isWanted) }
}

func put(_ name: String, _ byte: UInt8 = 1) -> EntryChange { .put(EntryKey(.flag, name), [byte]) }
