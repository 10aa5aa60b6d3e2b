import Flags
import Logging
import Releases
import Replication

/// What the committer's thread owns and does. Every state that readers or agents come to see passes here, after its
/// transaction.
struct CommitterLoop {
    let store: ControlStore
    var environments: [String: EnvironmentState]
    let published: PublishedEnvironments
    private let historyKeep: HistoryKeep
    /// Somebody waits for what is announced.
    private let hasWebhook: Bool
    let logger: Logger
    let clock: @Sendable () -> UInt64
    private let sight: CommitterSight
    let publish: @Sendable (CommittedGroup) -> Void

    /// What an agent can take in at once, in memory, on its way to its cache.
    var maximumDeltaBytes = 64 << 20

    private(set) var changes: UInt64 = 0
    private(set) var commits: UInt64 = 0
    private(set) var refusals: UInt64 = 0

    /// Answers wait until their transaction is on disk and published.
    private var answers: [() -> Void] = []
    private var bytesSinceCheckpoint = 0
    /// By the clock; 0 to begin with, so that what a new setting no longer keeps goes at once.
    private var nextTrim: UInt64 = 0
    /// There is more history to be deleted.
    private(set) var isTrimming = false

    /// A group is cut at so many changes or bytes, so that the first of a crowd doesn't wait for all of it.
    private static let groupChanges = 512
    private static let groupBytes = 4 << 20
    /// The write-ahead log is moved into the file when so much was written and nobody waits, or in any case at the second.
    private static let checkpointIdle = 4 << 20
    private static let checkpointAlways = 64 << 20

    init(
        store: ControlStore, states: [EnvironmentState], published: PublishedEnvironments, historyKeep: HistoryKeep,
        hasWebhook: Bool = true, logger: Logger, clock: @escaping @Sendable () -> UInt64,
        sight: CommitterSight = .alone, publish: @escaping @Sendable (CommittedGroup) -> Void
    ) {
        self.store = store
        environments = Dictionary(uniqueKeysWithValues: states.map { ($0.name, $0) })
        self.published = published
        self.historyKeep = historyKeep
        self.hasWebhook = hasWebhook
        self.logger = logger
        self.clock = clock
        self.sight = sight
        self.publish = publish
    }

    /// - Parameter overtaking: urgent jobs that have come meanwhile. They join the group under way, which is then stored,
    ///   published and answered at once, whatever else waits.
    mutating func run(_ jobs: [CommitterJob], overtaking: () -> [CommitterJob] = { [] }) {
        var group = CommitterGroup()
        let waiting = jobs.drop(while: \.isUrgent)
        commitAtOnce(jobs.prefix(jobs.count - waiting.count) + overtaking(), &group)
        for job in waiting {
            run(job, &group)
            commitAtOnce(overtaking()[...], &group)
        }
        commit(&group)
    }

    private mutating func commitAtOnce(_ urgent: ArraySlice<CommitterJob>, _ group: inout CommitterGroup) {
        guard !urgent.isEmpty else { return }
        for job in urgent { run(job, &group) }
        commit(&group)
        answerAll()
    }

    private mutating func run(_ job: CommitterJob, _ group: inout CommitterGroup) {
        switch job {
        case .change(let request, let answer):
            plan(request, answer, &group)
            if group.rows.count >= Self.groupChanges || group.bytes >= Self.groupBytes { commit(&group) }
        case .agents(let rows): group.agents += rows
        case .createEnvironment(let name, let bucketing, let actor, let message, let answer):
            commit(&group)
            let result = Result { () throws(Refusal) in try create(name, bucketing, actor, message) }
            answers.append { answer(result) }
        case .newEpoch(let name, let heard, let actor, let message, let answer):
            commit(&group)
            let result = Result { () throws(Refusal) in try beginEpoch(name, heard, actor, message) }
            answers.append { answer(result) }
        case .block(let name, let divergence):
            commit(&group)
            block(name, divergence)
        case .taken(let reader, let sequence, let answer):
            let result = Result { () throws(Refusal) in try take(reader, sequence) }
            answers.append { answer(result) }
        }
    }

    mutating func answerAll() {
        let ready = answers
        answers = []
        for answer in ready { answer() }
    }

    mutating func checkpointIfDue(isIdle: Bool) {
        guard bytesSinceCheckpoint >= (isIdle ? Self.checkpointIdle : Self.checkpointAlways) else { return }
        bytesSinceCheckpoint = 0
        store.checkpoint()
    }

    /// Once a minute, and then portion by portion between groups of changes, for as long as there is more.
    mutating func trimIfDue() {
        let now = clock()
        guard isTrimming || now >= nextTrim || now + 120_000 < nextTrim else { return }
        nextTrim = now + 60_000
        do {
            let trimmed = try store.trim(historyKeep, hasWebhook: hasWebhook, now: now)
            if trimmed.revisions > 0, !isTrimming {
                logger.notice("history that is no longer kept is deleted", metadata: ["keep": "\(historyKeep)"])
            }
            if trimmed.announcements > 0, !isTrimming {
                logger.notice(
                    "announcements that are no longer kept are deleted",
                    metadata: ["keep": "\(StoreTrimmer.announcementsKept)"])
            }
            isTrimming = trimmed.isMore
            bytesSinceCheckpoint += (trimmed.revisions + trimmed.requests + trimmed.announcements) * 8_192
        } catch {
            isTrimming = false
            logger.error("what is no longer kept could not be deleted", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Changes

    /// Validates one request on the state that the ones before it make. A refusal touches nobody else.
    private mutating func plan(
        _ request: ChangeRequest, _ answer: @escaping CommitterJob.Answer<ChangeOutcome>, _ group: inout CommitterGroup
    ) {
        do throws(Refusal) {
            guard var state = environments[request.environment] else {
                throw Refusal.unknownEnvironment(request.environment, known: environments.keys.sorted())
            }
            if let earlier = try answered(request, state, group) {
                group.answers.append { answer($0.map { ChangeOutcome(earlier) }) }
                return
            }
            if let divergence = state.log.blocked { throw Refusal.blocked(state.name, divergence) }
            try request.precondition.check(request.kind.entry, on: state)
            let plan = try ChangePlan.make(
                request.kind, on: state,
                Circumstances(
                    actor: request.actor, message: request.message, time: sight.time(),
                    observe: { [sight, name = state.name] in sight.observe(name) }))
            guard !plan.isEmpty, !plan.needsConfirmation else {
                // Answered with its group: the state it was compared with isn't on disk yet.
                let outcome = ChangeOutcome(plan, revision: state.log.staged.revision, published: false)
                if !plan.needsConfirmation { note(request, state, outcome, &group) }
                group.answers.append { answer($0.map { outcome }) }
                return
            }
            if !plan.changes.isEmpty { try stage(plan, request, &state, &group) }
            state.follow(plan)
            environments[state.name] = state
            keep(plan, of: state, &group)
            let outcome = ChangeOutcome(
                plan, revision: state.log.staged.revision, published: !plan.changes.isEmpty)
            note(request, state, outcome, &group)
            let log = logging(plan, request)
            group.answers.append { result in
                if case .success = result { log() }
                answer(result.map { outcome })
            }
        } catch {
            if let held = request.held(for: error, on: environments[request.environment]) {
                return plan(held, answer, &group)
            }
            refusals += 1
            answers.append { answer(.failure(error)) }
        }
    }

    /// Gives the plan's changes their number.
    private func stage(
        _ plan: ChangePlan, _ request: ChangeRequest, _ state: inout EnvironmentState, _ group: inout CommitterGroup
    ) throws(Refusal) {
        let touched = Touch.all(of: plan.changes, on: state.log.staged)
        let delta: Delta
        do throws(Divergence) {
            delta = try state.log.stage(plan.changes, time: clock())
        } catch {
            throw Refusal.blocked(state.name, error)
        }
        let bytes = delta.encoded()
        guard bytes.count <= maximumDeltaBytes else {
            throw Refusal(
                .tooLarge, "Change is too large",
                detail: "it makes a delta of \(bytes.count) bytes; \(maximumDeltaBytes) are the most",
                hint: "split it; long member lists go through the pilot members call, in portions")
        }
        group.rows.append(
            ControlStore.LogRow(
                environment: state.id, delta: delta, bytes: bytes, actor: request.actor,
                message: request.message.isEmpty ? plan.why : request.message, touched: touched,
                created: plan.created, deleted: plan.deleted, set: plan.set))
        group.bytes += bytes.count
    }

    /// What is stored of the plan besides its changes.
    private func keep(_ plan: ChangePlan, of state: EnvironmentState, _ group: inout CommitterGroup) {
        guard !plan.records.isEmpty || !plan.announcements.isEmpty else { return }
        group.recorded.insert(state.name)
        for change in plan.records {
            let row = ControlStore.RecordRow(environment: state.id, record: change.record)
            group.bytes += row.record.bytes?.count ?? 0
            group.records.append(row)
        }
        group.announcements += plan.announcements
    }

    /// What nothing else keeps, once it is stored: who deleted a release, and why.
    private func logging(_ plan: ChangePlan, _ request: ChangeRequest) -> () -> Void {
        let deleted = plan.records.compactMap { if case .dropRelease(let release) = $0 { release } else { nil } }
        return { [logger] in
            for release in deleted {
                logger.notice(
                    "a release is deleted",
                    metadata: [
                        "environment": "\(request.environment)", "release": "\(release.name)",
                        "state": "\(release.state.rawValue)", "actor": "\(request.actor)",
                        "message": "\(request.message)",
                    ])
            }
        }
    }

    /// The earlier request of the same idempotency key, in this group or on disk.
    private func answered(
        _ request: ChangeRequest, _ state: EnvironmentState, _ group: CommitterGroup
    ) throws(Refusal) -> AnsweredRequest? {
        guard let sent = request.idempotency else { return nil }
        var earlier = group.requests["\(state.id) \(sent.key)"]
        if earlier == nil {
            do {
                earlier = try store.answered(state.id, key: sent.key, now: clock())
            } catch {
                throw Refusal(
                    .failed, "Store can't be read", detail: "\(error)", hint: "see to the disk, then try again")
            }
        }
        guard let earlier else { return nil }
        guard earlier.fingerprint == sent.fingerprint else { throw .usedTwice(sent) }
        return earlier
    }

    private func note(
        _ request: ChangeRequest, _ state: EnvironmentState, _ outcome: ChangeOutcome, _ group: inout CommitterGroup
    ) {
        guard let sent = request.idempotency else { return }
        group.requests["\(state.id) \(sent.key)"] = AnsweredRequest(
            environment: state.id, key: sent.key, fingerprint: sent.fingerprint, revision: outcome.revision,
            published: outcome.published, time: clock())
    }

    /// Stores the group in one transaction; then, and only then, what it did becomes visible.
    private mutating func commit(_ group: inout CommitterGroup) {
        guard !group.isEmpty else { return }
        defer { group = CommitterGroup() }
        if group.hasToBeStored {
            do {
                try store.write(
                    group.rows, records: group.records, announcements: group.announcements,
                    requests: Array(group.requests.values), agents: group.agents, time: sight.time())
            } catch {
                fail(group, error)
                return
            }
            if !group.rows.isEmpty { commits += 1 }
            changes += UInt64(group.rows.count)
            bytesSinceCheckpoint +=
                group.rows.reduce(0) { $0 + 2 * $1.bytes.count + $1.touchedBytes + 8_192 }
                + group.agents.count * 4_096 + group.requests.count * 12_288
                + group.records.reduce(0) { $0 + ($1.record.bytes?.count ?? 0) + 4_096 }
                + group.announcements.reduce(0) { $0 + $1.body.count + 8_192 }
        }
        for name in environments.keys {
            guard var state = environments.removeValue(forKey: name) else { continue }
            if !state.log.stagedDeltas.isEmpty {
                let deltas = state.log.commit()
                let bytes = group.rows.lazy.filter { $0.environment == state.id }.map(\.bytes)
                let items = zip(deltas, bytes).map { RecentDeltas.Item($0, bytes: $1) }
                published.set(state)
                publish(
                    CommittedGroup(
                        environment: name, state: state.committed, deltas: items, kills: deltas.flatMap(UrgentKill.all))
                )
            } else if group.recorded.contains(name) {
                published.set(state)
            }
            environments[name] = state
        }
        for answer in group.answers { answers.append { answer(.success(())) } }
    }

    /// The transaction failed: none of it happened, and its numbers are free again.
    private mutating func fail(_ group: CommitterGroup, _ error: ControlError) {
        logger.error(
            "a group of changes could not be stored", metadata: ["changes": "\(group.rows.count)", "error": "\(error)"])
        for name in environments.keys { environments[name] = published[name] ?? environments[name] }
        refusals += UInt64(group.answers.count)
        let refusal = Self.notStored(error)
        for answer in group.answers { answers.append { answer(.failure(refusal)) } }
    }

    static func notStored(_ error: ControlError) -> Refusal {
        Refusal(
            .failed, "Not stored", detail: "\(error); nothing was changed, the number hasn't moved",
            hint: "see to the disk, then try again")
    }
}
