import Flags
import Glibc
import JSON
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
    /// A commit has its price whatever it holds. Where one has just covered several revisions, more are on their way:
    /// the next waits for them, so that a fleet that is written to at full rate spends its time on changes. A revision
    /// that comes alone never waits. Monotonic milliseconds.
    private(set) var notBefore: UInt64 = 0
    /// Lines for the log once the commit is done.
    var notes: [String] = []

    /// The cache can't be led on from what it holds: everything is to be fetched anew, and ends in a batch that is
    /// whole.
    private(set) var wantsEverything = false

    /// In order; only the first one may be whole.
    private var batches: [Batch] = []
    private var changeCount = 0
    private var deltaCount: UInt64 = 0
    private var snapshotCount: UInt64 = 0
    /// The file was found damaged, or too much waited for the disk: nothing is written or shown until a batch comes
    /// that is whole. Memory couldn't stand in for it: there, members are hashes.
    private var isLost = false
    /// SQLite found the file damaged: another one takes its place with the next write, not before there is something to
    /// write. A start meanwhile judges for itself what the file is good for.
    private var damage: (any Error)?
    private var flags: FlagSet
    private var quarantine: Quarantine
    /// Last good forms of the flags in quarantine, which outlive this process with the cache.
    private var kept: [EntryKey: [UInt8]]
    private var keptIsNew = false
    private var next: LiveSnapshot?
    private var nextDigest = Digest.empty
    private var changedKeys: Set<ExactString> = []
    private var changesEverything = false
    private var lastFailure: String?
    private var spare = SpareMemory()

    /// Milliseconds between attempts to write.
    private static let retryInterval: UInt64 = 1_000
    /// Changes that may wait for a disk; more are dropped, and everything fetched anew once it takes writes again.
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
        switch batch.origin {
        case .deltas(let count): deltaCount += UInt64(count)
        case .snapshot: snapshotCount += 1
        }
        if batch.isWhole { return startOver(with: batch) }
        guard !isLost else { return }
        batches.append(batch)
        changeCount += batch.size
        if changeCount > Self.waitingChanges, retryAt != nil {
            logger.error(
                "too many changes wait for the cache: fetching everything anew once it can be written",
                metadata: ["waiting": "\(changeCount)"])
            lose()
        }
    }

    private mutating func lose() {
        isLost = true
        batches = []
        changeCount = 0
    }

    private mutating func startOver(with whole: Batch) {
        lose()
        isLost = false
        wantsEverything = false
        batches = [whole]
        retryAt = nil
        notBefore = 0
    }

    private func lastGoodForms() -> [EntryKey: [UInt8]] {
        var forms: [EntryKey: [UInt8]] = [:]
        for key in quarantine.reasons.keys { forms[key] = flags.form(of: key) }
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
    var due: UInt64? {
        guard next != nil else { return nil }
        return isLost ? retryAt : max(retryAt ?? 0, notBefore)
    }

    /// False when the cache couldn't be written: then nothing is shown, and it is tried again later.
    mutating func commit(
        to cache: AgentCache, live: LiveState, now: UInt64, _ counters: LinkCounters,
        _ logger: Logger
    ) -> Bool {
        guard let next else { return false }
        do {
            if isLost {
                try probe(cache)
                return false
            }
            try cacheThenSwap(cache, live, next)
        } catch {
            counters.cacheFailures.count()
            failed(error, now, logger)
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
    private mutating func cacheThenSwap(_ cache: AgentCache, _ live: LiveState, _ next: LiveSnapshot) throws {
        let change: LiveState.Change =
            changesEverything || changedKeys.count > Self.namedKeys
            ? .everything : .flags(changedKeys.sorted().map(\.text))
        #if PILOTLIGHT_FAULTS
            if let fault = getenv("PILOTLIGHT_FAULT"), String(cString: fault) == "swap-before-cache" {
                live.swap(to: next, changed: change)
                usleep(5_000)
                return try write(to: cache)
            }
        #endif
        try write(to: cache)
        live.swap(to: next, changed: change)
    }

    private mutating func write(to cache: AgentCache) throws {
        if let damage {
            try cache.beginAnew(because: damage)
            self.damage = nil
        }
        try cache.commit(batches, kept: keptIsNew || batches.first?.isWhole == true ? kept : nil)
    }

    /// What is fetched for a disk that is still full would only wait in memory.
    private mutating func probe(_ cache: AgentCache) throws {
        if let revision = done.revision { try cache.probe(revision, done.digest) }
        wantsEverything = true
        retryAt = nil
    }

    private mutating func failed(_ error: any Error, _ now: UInt64, _ logger: Logger) {
        retryAt = now + Self.retryInterval
        if AgentCache.isDamage(error) {
            damage = error
            if batches.first?.isWhole == true {
                if lastFailure == nil { retryAt = now }
            } else {
                lose()
                wantsEverything = true
                retryAt = nil
            }
        }
        let reason = "\(error)"
        guard reason != lastFailure else { return }
        lastFailure = reason
        let holds: Logger.Metadata = ["holds": "\(done.revision.map { "\($0)" } ?? "nothing")"]
        if damage == nil {
            logger.error(
                "the cache can't be written: answering on from what it holds, trying again each second: \(reason)",
                metadata: holds)
        } else {
            logger.error(
                "the cache is damaged: answering on from memory, fetching everything anew: \(reason)", metadata: holds)
        }
    }

    private mutating func finish(_ shown: LiveSnapshot, _ counters: LinkCounters) {
        counters.commits.count()
        counters.deltas.count(deltaCount)
        counters.snapshots.count(snapshotCount)
        deltaCount = 0
        snapshotCount = 0
        done = Done(
            revision: shown.revision, digest: nextDigest, entryCount: shown.entryCount, quarantined: shown.quarantined)
        next = nil
        keptIsNew = false
        let rows = batches.reduce(0) { $0 + $1.size }
        batches = []
        spare.wrote(rows)
        changeCount = 0
        changedKeys = []
        changesEverything = false
        retryAt = nil
        lastFailure = nil
    }
}

extension Batch {
    /// Rows of the cache that it touches, about.
    fileprivate var size: Int {
        changes.reduce(0) { sum, change in
            switch change {
            case .put, .delete: sum + 1
            case .addMembers(_, let members), .removeMembers(_, let members), .replaceMembers(_, let members):
                sum + 1 + members.count
            }
        }
    }
}
