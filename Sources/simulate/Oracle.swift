import Flags
import HashTreeCollections
import JSON
import Replication

/// The simulation's memory of what was promised to whom: it is told everything that happens and compares it with what
/// must hold.
struct Oracle {
    struct Agent {
        /// What the replica was led to last.
        var applied: Revision?
        /// The highest number that an answer has named, by epoch; over restarts too.
        var answered: [Epoch: UInt64] = [:]
        /// When it asked last, as far back as a second.
        var asked: [UInt64] = []
        /// Its cache was damaged, and it hasn't been where it was before in these epochs since then.
        var forgotten: Set<Epoch> = []
        /// The highest number that was applied and cached, by epoch.
        var cached: [Epoch: UInt64] = [:]
        var lastGood = LastGoodForms()
        /// Kills that it has shown ahead of their turn, which has not come yet; by flag.
        var overlay: [ExactString: UrgentKill] = [:]
        /// Up and running since `overlay` was last looked at.
        var hasJustStarted = false
    }

    /// Every content that was ever durable at a revision. More than one: a backup was restored in between.
    private(set) var contents: [Revision: [Content]] = [:]
    private var digests: [Revision: Set<Digest>] = [:]
    private var acknowledged: [(node: String, revision: Revision, digest: Digest)] = []
    private(set) var forms = KnownForms()
    /// Epochs that a restored backup has gone back in.
    private(set) var forked: Set<Epoch> = []
    var agents: [String: Agent] = [:]
    private(set) var violation: Violation?
    private(set) var checks: UInt64 = 0
    var tally = KillTally()
    var now: UInt64 = 0

    mutating func fail(_ invariant: Invariant, _ detail: @autoclosure () -> String) {
        if violation == nil { violation = Violation(invariant: invariant, detail: detail(), time: now) }
    }

    mutating func require(_ holds: Bool, _ invariant: Invariant, _ detail: @autoclosure () -> String) {
        checks += 1
        if !holds { fail(invariant, detail()) }
    }

    // MARK: Control

    /// Something that bears a number became durable, or was let out.
    mutating func numbered(_ revision: Revision, _ digest: Digest) {
        digests[revision, default: []].insert(digest)
        require(
            forked.contains(revision.epoch) || digests[revision]?.count == 1, .numberMeansOneContent,
            "revision \(revision) stands for two contents")
    }

    mutating func stored(_ revision: Revision, _ digest: Digest, _ content: Content) {
        numbered(revision, digest)
        if contents[revision]?.contains(content) != true { contents[revision, default: []].append(content) }
        forms.learn(content)
    }

    mutating func acknowledged(_ node: String, _ revision: Revision, _ digest: Digest) {
        acknowledged.append((node, revision, digest))
    }

    mutating func restarted(_ node: String, with store: SimulatedStore) {
        var lost: [Revision] = []
        let held = Dictionary(store.rows.map { ($0.revision, $0.digest) }, uniquingKeysWith: { $1 })
        for change in acknowledged where change.node == node && held[change.revision] != change.digest {
            lost.append(change.revision)
        }
        require(
            lost.isEmpty, .acknowledgedIsStored,
            "\(node) acknowledged \(lost.count) changes that are not in its store after a crash, the first "
                + (lost.first?.description ?? ""))
    }

    /// The store was emptied on purpose.
    mutating func emptied(_ node: String) { acknowledged.removeAll { $0.node == node } }

    /// A backup came back: what was acknowledged since it was taken is gone, as anybody would expect.
    mutating func restored(_ node: String, _ store: SimulatedStore, over lost: SimulatedStore) {
        let held = Set(store.rows.map(\.revision))
        forked.insert(store.state.revision.epoch)
        for row in lost.rows where !held.contains(row.revision) { forked.insert(row.revision.epoch) }
        acknowledged.removeAll { $0.node == node && store.digest(at: $0.revision) != $0.digest }
        if !store.content.kills.isEmpty || !lost.content.kills.isEmpty { tally.backups += 1 }
    }

    // MARK: Agents

    mutating func started(_ agent: String, from state: ReplicatedState?, wasDamaged: Bool) {
        var known = agents[agent] ?? Agent()
        known.applied = state?.revision
        known.lastGood = state.map { LastGoodForms($0, forms) } ?? LastGoodForms()
        known.hasJustStarted = true
        if wasDamaged { known.forgotten.formUnion(known.answered.keys) }
        agents[agent] = known
    }

    mutating func applied(_ agent: String, _ batch: Batch) {
        let before = agents[agent]?.applied
        agents[agent, default: Agent()].applied = batch.revision
        guard let before else { return }
        if batch.revision.epoch != before.epoch {
            return require(
                batch.revision.epoch.counter > before.epoch.counter && batch.origin == .snapshot, .appliedInOrder,
                "\(agent) went from \(before) to \(batch.revision)")
        }
        switch batch.origin {
        case .deltas(let count):
            require(
                count > 0 && batch.revision.number == before.number + UInt64(count), .appliedInOrder,
                "\(agent) applied \(count) deltas and went from \(before) to \(batch.revision)")
        case .snapshot:
            require(
                batch.revision.number >= before.number, .appliedInOrder,
                "\(agent) went back from \(before) to \(batch.revision)")
        }
    }

    /// A catch-up, or the next chunk of one that goes by deltas.
    mutating func asked(_ agent: String) {
        let now = self.now
        agents[agent, default: Agent()].asked.removeAll { $0 + 1_000 <= now }
        agents[agent]?.asked.append(now)
        let count = agents[agent]?.asked.count ?? 0
        require(count <= Self.mostAsked, .asksInModeration, "\(agent) asked \(count) times within a second")
    }

    /// The whole window of deltas in the smallest chunks, and as many again.
    private static let mostAsked = 120

    mutating func cached(_ agent: String, _ revision: Revision) {
        let before = agents[agent]?.cached[revision.epoch] ?? 0
        agents[agent, default: Agent()].cached[revision.epoch] = max(before, revision.number)
    }

    /// Lookups see `live` now, which `batches` have led to: all of it is compared with the model.
    mutating func shown(_ agent: String, _ live: LiveView, batches: [Batch]) {
        answered(agent, live)
        guard let revision = live.revision else { return }
        for batch in batches {
            for change in batch.changes { agents[agent]?.lastGood.follow(change, forms) }
        }
        let candidates = contents[revision] ?? []
        require(!candidates.isEmpty, .contentOfItsRevision, "\(agent) shows \(revision), which control never stored")
        compareOverlay(agent, live, revision)
        guard violation == nil else { return }
        let lastGood = agents[agent]?.lastGood ?? LastGoodForms()
        var first: ContentComparison.Difference?
        for content in candidates {
            var shown = lastGood.standingIn(for: content)
            for copy in live.overlay { shown.kills[ExactString(copy.flag)] = forms.kills[copy.kill.storedBytes] }
            checks += 1
            let comparison = ContentComparison(live: live, content: content, shown: shown)
            guard let difference = comparison.difference else { return }
            if first == nil { first = difference }
        }
        if let first { fail(first.invariant, "\(agent) at \(revision): \(first.text)") }
    }

    /// One lookup named the revision of `live`.
    mutating func answered(_ agent: String, _ live: LiveView) {
        guard let revision = live.revision else { return }
        var known = agents[agent] ?? Agent()
        let before = known.answered[revision.epoch] ?? 0
        // Whoever lost its cache to damage, and its control node to an older backup, can't know better.
        let canKnow = !known.forgotten.contains(revision.epoch) || !forked.contains(revision.epoch)
        require(
            revision.number >= before || !canKnow, .neverOlder,
            "\(agent) answers from \(revision) after it has answered from number \(before)")
        if revision.number >= before { known.forgotten.remove(revision.epoch) }
        known.answered[revision.epoch] = max(before, revision.number)
        agents[agent] = known
    }

    mutating func loadedDamage(_ agent: String, recognised: Bool) {
        require(recognised, .damageIsRecognised, "\(agent) starts from a cache that was damaged")
    }

    // MARK: Waiting

    mutating func waitSaidDone(_ revision: Revision, agents waited: [String]) {
        for agent in waited {
            let cached = agents[agent]?.cached[revision.epoch]
            require(
                forked.contains(revision.epoch) || cached.map { $0 >= revision.number } == true, .waitIsHonest,
                "wait said done for \(revision), and \(agent) has cached \(cached.map(String.init) ?? "nothing") of that epoch"
            )
        }
    }
}

/// What lookups see.
struct LiveView {
    var revision: Revision?
    var flags = FlagSet()
    var quarantined: [String] = []
    /// Kills in force that were shown ahead of their turn.
    var overlay: [UrgentKill] = []
}
