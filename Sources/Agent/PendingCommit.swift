import Flags
import Glibc
import Logging
import Replication

/// What the replica has decided and neither disk nor lookups know yet, and the one place that tells them: cache first,
/// then swap, then report.
struct PendingCommit {
    /// What is applied and cached.
    struct Done {
        var revision: Revision?
        var digest: Digest
        var entryCount: Int
        var quarantined: [String]
    }

    private(set) var done: Done
    /// When to try again after a write failed; nil when none did. Monotonic milliseconds.
    private(set) var retryAt: UInt64?
    /// A commit has its price whatever it holds. Where one has just covered several revisions, more are on their way: the
    /// next waits for them, so that a fleet that is written to at full rate spends its time on changes. A revision that
    /// comes alone never waits. Monotonic milliseconds.
    private(set) var notBefore: UInt64 = 0
    /// Lines for the log once the commit is done.
    var notes: [String] = []

    private var batches: [Batch] = []
    private var changeCount = 0
    /// Too much was waiting: the whole state is written instead.
    private var replacesAll = false
    /// SQLite found the file damaged.
    private var damage: (any Error)?
    private var flags: FlagSet
    private var quarantine: Quarantine
    /// Last good forms of the flags in quarantine, which outlive this process with the cache.
    private var kept: [EntryKey: [UInt8]]
    private var keptIsNew = false
    private var next: LiveSnapshot?
    private var nextDigest = Digest.empty
    private var changedKeys: Set<String> = []
    private var changesEverything = false
    private var lastFailure: String?

    /// Milliseconds between attempts to write.
    private static let retryInterval: UInt64 = 1_000
    /// Changes that may wait for a disk; the state in memory replaces them after that.
    private static let waitingChanges = 100_000
    /// Milliseconds from a commit of several revisions to the next.
    private static let gathering: UInt64 = 15
    /// Keys that watchers are told by name.
    private static let namedKeys = 1_000

    init(_ start: AgentStart) {
        flags = start.flags
        quarantine = start.quarantine
        kept = start.kept
        done = Done(
            revision: start.state?.revision, digest: start.state?.digest ?? .empty,
            entryCount: start.state?.entryCount ?? 0, quarantined: start.quarantine.names)
    }

    /// What the last batch led to, cached or not yet.
    var newest: (revision: Revision?, digest: Digest) {
        next.map { ($0.revision, nextDigest) } ?? (done.revision, done.digest)
    }

    // MARK: Staging

    /// Compiles what is new; an entry that can't be compiled keeps its last good form.
    mutating func stage(_ batch: Batch, leadingTo state: ReplicatedState, environment: String, _ logger: Logger) {
        let before = quarantine
        changedKeys.formUnion(flags.apply(batch.changes, leadingTo: state, quarantine: &quarantine))
        if batch.origin == .snapshot { changesEverything = true }
        if quarantine != before {
            log(quarantine, before, batch.revision, logger)
            kept = lastGoodForms()
            keptIsNew = true
        }
        next = LiveSnapshot(
            environment: environment, revision: batch.revision, flags: flags,
            quarantined: quarantine == before ? (next?.quarantined ?? done.quarantined) : quarantine.names,
            entryCount: state.entryCount)
        nextDigest = batch.digest
        batches.append(batch)
        changeCount += batch.changes.reduce(0) { $0 + $1.size }
        if changeCount > Self.waitingChanges, retryAt != nil {
            batches = []
            changeCount = 0
            replacesAll = true
        }
    }

    private func lastGoodForms() -> [EntryKey: [UInt8]] {
        var forms: [EntryKey: [UInt8]] = [:]
        for key in quarantine.reasons.keys where key.kind == .flag {
            if let form = flags.definition(of: key.name) { forms[key] = form.storedBytes }
        }
        return forms
    }

    private func log(_ now: Quarantine, _ before: Quarantine, _ revision: Revision, _ logger: Logger) {
        for (key, reason) in now.reasons where before.reasons[key] != reason {
            logger.error(
                "quarantined: \(reason); its last good form stays",
                metadata: ["entry": "\(key)", "revision": "\(revision.number)"])
        }
        for key in before.reasons.keys where now.reasons[key] == nil {
            logger.notice("out of quarantine", metadata: ["entry": "\(key)", "revision": "\(revision.number)"])
        }
    }

    // MARK: Committing

    func isDue(at now: UInt64) -> Bool { due.map { now >= $0 } ?? false }

    /// What waits is to be committed now.
    mutating func gatherNoMore() { notBefore = 0 }

    /// When to commit; nil when nothing waits.
    var due: UInt64? { next == nil ? nil : max(retryAt ?? 0, notBefore) }

    /// False when the cache couldn't be written: then nothing is shown, and it is tried again later.
    mutating func commit(
        to cache: AgentCache, state: ReplicatedState, live: LiveState, now: UInt64, _ counters: LinkCounters,
        _ logger: Logger
    ) -> Bool {
        guard let next else { return false }
        do {
            try cacheThenSwap(cache, state, live, next)
        } catch {
            counters.cacheFailures.count()
            failed(error, cache, now, logger)
            return false
        }
        if lastFailure != nil { logger.notice("the cache can be written again") }
        notBefore = batches.count > 1 ? now + Self.gathering : 0
        finish(next, counters)
        for note in notes { logger.notice("\(note)") }
        notes = []
        return true
    }

    /// The order that promise 3 hangs on: an answer is never older than one given before, since none is given that a
    /// restart wouldn't give again.
    private func cacheThenSwap(
        _ cache: AgentCache, _ state: ReplicatedState, _ live: LiveState, _ next: LiveSnapshot
    ) throws {
        let change: LiveState.Change =
            changesEverything || changedKeys.count > Self.namedKeys ? .everything : .flags(changedKeys.sorted())
        #if PILOTLIGHT_FAULTS
            if let fault = getenv("PILOTLIGHT_FAULT"), String(cString: fault) == "swap-before-cache" {
                live.swap(to: next, changed: change)
                usleep(5_000)
                return try write(to: cache, state)
            }
        #endif
        try write(to: cache, state)
        live.swap(to: next, changed: change)
    }

    private func write(to cache: AgentCache, _ state: ReplicatedState) throws {
        if let damage {
            try cache.rebuild(from: state, kept: kept, because: damage)
        } else if replacesAll {
            try cache.replace(with: state, kept: kept)
        } else {
            try cache.commit(batches, kept: keptIsNew ? kept : nil)
        }
    }

    private mutating func failed(_ error: any Error, _ cache: AgentCache, _ now: UInt64, _ logger: Logger) {
        if AgentCache.isDamage(error) { damage = error }
        retryAt = damage != nil && lastFailure == nil ? now : now + Self.retryInterval
        let reason = "\(error)"
        guard reason != lastFailure else { return }
        lastFailure = reason
        logger.error(
            "the cache can't be written: answering on from what it holds, trying again each second: \(reason)",
            metadata: ["holds": "\(done.revision.map { "\($0)" } ?? "nothing")"])
    }

    private mutating func finish(_ shown: LiveSnapshot, _ counters: LinkCounters) {
        counters.commits.count()
        for batch in batches {
            switch batch.origin {
            case .deltas(let count): counters.deltas.count(UInt64(count))
            case .snapshot: counters.snapshots.count()
            }
        }
        done = Done(
            revision: shown.revision, digest: nextDigest, entryCount: shown.entryCount, quarantined: shown.quarantined)
        next = nil
        keptIsNew = false
        batches = []
        changeCount = 0
        replacesAll = false
        damage = nil
        changedKeys = []
        changesEverything = false
        retryAt = nil
        lastFailure = nil
    }
}

extension EntryChange {
    /// Rows that it touches, about.
    fileprivate var size: Int {
        switch self {
        case .put, .delete: 1
        case .addMembers(_, let members), .removeMembers(_, let members), .replaceMembers(_, let members):
            1 + members.count
        }
    }
}
