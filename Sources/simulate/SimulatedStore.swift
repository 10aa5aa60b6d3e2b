import Replication

/// What a control node's disk holds: only whole transactions. A copy of the value is a backup.
struct SimulatedStore {
    struct Row {
        var revision: Revision
        var digest: Digest
        var bytes: [UInt8]
    }

    private(set) var state: ReplicatedState
    /// The model's word on what `state` holds.
    private(set) var content = Content()
    private(set) var rows: [Row] = []
    private(set) var blocked: Divergence?
    var agents: [String: AgentRecord] = [:]

    init(epoch: Epoch) { state = ReplicatedState(revision: Revision(epoch: epoch, number: 0)) }

    mutating func commit(_ state: ReplicatedState, _ content: Content, _ deltas: [Delta]) {
        self.state = state
        self.content = content
        rows += deltas.map { Row(revision: $0.revision, digest: $0.digest, bytes: $0.encoded()) }
    }

    mutating func block(_ divergence: Divergence) { blocked = divergence }

    mutating func begin(_ revision: Revision) {
        state = state.moved(to: revision)
        blocked = nil
        rows.append(Row(revision: revision, digest: state.digest, bytes: []))
    }

    /// The fault of a node that counts on from less than it has stored.
    mutating func forgetNumber() {
        let number = state.revision.number
        state.revision.number -= min(number, 1)
    }

    /// The newest deltas of the present epoch, oldest first.
    func recent(_ maximumCount: Int) -> [RecentDeltas.Item] {
        let run = rows.suffix(maximumCount).reversed().prefix {
            !$0.bytes.isEmpty && $0.revision.epoch == state.revision.epoch
        }
        return run.reversed().compactMap { row in
            (try? Delta(encoded: row.bytes)).map { RecentDeltas.Item($0, bytes: row.bytes) }
        }
    }

    func digest(at revision: Revision) -> Digest? { rows.last { $0.revision == revision }?.digest }
}

/// What control knows of an agent by its reports.
struct AgentRecord {
    var revision: Revision?
    var quarantinedCount: UInt32
    var conflict: String
    /// Virtual milliseconds.
    var lastHeard: UInt64
    var hasLeft = false
}
