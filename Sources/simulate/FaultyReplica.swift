import Replication

/// A `Replica`, and around it what makes it behave as one with a fault would. Without a fault it only hands through.
struct FaultyReplica {
    private(set) var replica: Replica
    private let fault: Fault?
    private let settings: Replica.Settings
    private var seed: UInt64
    private var hasAsked = false

    init(_ state: ReplicatedState?, seed: UInt64, settings: Replica.Settings, fault: Fault?) {
        replica = Replica(state, seed: seed, settings: settings)
        self.fault = fault
        self.settings = settings
        self.seed = seed
    }

    var state: ReplicatedState? { replica.state }
    var deadline: UInt64? { replica.deadline }

    mutating func start(now: UInt64) -> [ReplicaAction] { outgoing(replica.start(now: now)) }

    mutating func reconnected(now: UInt64) -> [ReplicaAction] { outgoing(replica.reconnected(now: now)) }

    mutating func tick(now: UInt64) -> [ReplicaAction] { outgoing(replica.tick(now: now)) }

    mutating func fetchEverything(now: UInt64) -> [ReplicaAction] { outgoing(replica.fetchEverything(now: now)) }

    mutating func receive(_ publication: Publication, now: UInt64) -> [ReplicaAction] {
        guard let fault, let own = replica.state else { return outgoing(replica.receive(publication, now: now)) }
        switch (fault, publication) {
        case (.noHoleTest, .delta(let delta))
        where delta.revision.epoch == own.revision.epoch && delta.revision.number > own.revision.number + 1:
            return jump(to: own, applying: delta.changes, at: delta.revision)
        case (.heartbeatNumberAdopted, .heartbeat(let heartbeat))
        where heartbeat.revision.epoch == own.revision.epoch && heartbeat.revision.number > own.revision.number:
            return jump(to: own, applying: [], at: heartbeat.revision)
        default: return outgoing(replica.receive(rewritten(publication, own, fault), now: now))
        }
    }

    mutating func receive(_ reply: SyncReply, now: UInt64) -> [ReplicaAction] {
        guard let fault, let own = replica.state else { return outgoing(replica.receive(reply, now: now)) }
        return outgoing(replica.receive(rewritten(reply, own, fault), now: now))
    }

    // MARK: Damage

    /// The state in memory becomes another one, without anybody having said so.
    mutating func damage(_ change: EntryChange) {
        guard var state = replica.state else { return }
        state.apply(change)
        seed &+= 1
        replica = Replica(state, seed: seed, settings: settings)
    }

    /// A bit of the running digest flips in memory. It is looked for there by its value: nothing in the code under test
    /// lets it be changed.
    mutating func flipDigestBit() {
        guard let digest = replica.state?.digest else { return }
        withUnsafeMutableBytes(of: &replica) { memory in
            for offset in stride(from: 0, to: memory.count - 31, by: 8) {
                let lanes = (0..<4).map { memory.load(fromByteOffset: offset + 8 * $0, as: UInt64.self) }
                if lanes == [digest.lane0, digest.lane1, digest.lane2, digest.lane3] {
                    memory.storeBytes(of: lanes[1] ^ 4, toByteOffset: offset + 8, as: UInt64.self)
                    return
                }
            }
        }
    }

    // MARK: Acting out faults

    /// The replica holds `base` with `changes`, at `revision`, and believes it.
    private mutating func jump(
        to base: ReplicatedState, applying changes: [EntryChange], at revision: Revision
    ) -> [ReplicaAction] {
        var state = base
        state.apply(changes)
        state.revision = revision
        seed &+= 1
        replica = Replica(state, seed: seed, settings: settings)
        return [.commit(Batch(changes: changes, revision: revision, digest: state.digest, origin: .deltas(1)))]
    }

    private func rewritten(_ publication: Publication, _ own: ReplicatedState, _ fault: Fault) -> Publication {
        switch publication {
        case .delta(var delta):
            if fault == .noEpochCheck { delta.revision.epoch = own.revision.epoch }
            if fault == .digestUnchecked { delta.digest = digest(of: own, with: delta) }
            return .delta(delta)
        case .announcement(var revision, let digest, let bytes):
            if fault == .noEpochCheck { revision.epoch = own.revision.epoch }
            return .announcement(revision, digest, bytes: bytes)
        case .heartbeat(var heartbeat):
            if fault == .noEpochCheck { heartbeat.revision.epoch = own.revision.epoch }
            if fault == .digestUnchecked { heartbeat.digest = own.digest }
            return .heartbeat(heartbeat)
        }
    }

    private func rewritten(_ reply: SyncReply, _ own: ReplicatedState, _ fault: Fault) -> SyncReply {
        switch (fault, reply) {
        case (.digestUnchecked, .deltas(let request, let encoded, let head)):
            var state = own
            var deltas: [[UInt8]] = []
            for bytes in encoded {
                guard var delta = try? Delta(encoded: bytes) else { return reply }
                if delta.revision.number > state.revision.number {
                    state.apply(delta.changes)
                    delta.digest = state.digest
                }
                deltas.append(delta.encoded())
            }
            return .deltas(request: request, deltas, head: head)
        case (.noEpochCheck, .manifest(let request, let session, var revision, let digest, let lines, let last)):
            revision.epoch = own.revision.epoch
            return .manifest(request: request, session: session, revision, digest, lines, last: last)
        default: return reply
        }
    }

    /// What the digest will be by one's own reckoning when `delta` is applied: never another than that.
    private func digest(of own: ReplicatedState, with delta: Delta) -> Digest {
        guard delta.revision.number == own.revision.number + 1 else { return delta.digest }
        var state = own
        state.apply(delta.changes)
        return state.digest
    }

    private mutating func outgoing(_ actions: [ReplicaAction]) -> [ReplicaAction] {
        switch fault {
        case .noResume:
            return actions.filter { action in
                guard case .send(.catchUp) = action, replica.state != nil else { return true }
                defer { hasAsked = true }
                return !hasAsked
            }
        case .mapNotCleared:
            return actions.map { action in
                guard case .commit(var batch) = action, batch.origin == .snapshot else { return action }
                batch.changes.removeAll { if case .delete = $0 { true } else { false } }
                return .commit(batch)
            }
        case .noEpochCheck:
            // Asks for everything, since a number is all it would ask by.
            return actions.map { action in
                guard case .send(.catchUp(let request, _, _, let whole)) = action else { return action }
                return .send(.catchUp(request: request, nil, .empty, whole: whole))
            }
        default: return actions
        }
    }
}
