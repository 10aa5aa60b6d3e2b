/// An agent's deciding half: takes messages and the time, returns what is to be done. It does no I/O and looks at no
/// clock. The pattern is Clone (ZeroMQ guide, chapter 5) with numbers that are tested for holes, epochs and digests.
///
/// Deltas that follow one's own revision are applied whatever else is under way. A hole, a heartbeat ahead of one's
/// number, or a digest that differs starts one catch-up; what arrives meanwhile is kept, within bounds, and applied
/// after it.
package struct Replica: Sendable {
    package struct Settings: Sendable {
        /// A catch-up begins after a random part of this, so that a herd spreads out. Milliseconds.
        package var jitter: UInt64 = 200
        /// A request without an answer is repeated after this, doubled each time up to `longestWait`. Milliseconds.
        package var requestTimeout: UInt64 = 1_000
        package var longestWait: UInt64 = 8_000
        /// Deltas kept while a catch-up is under way, by number and by their entries' bytes.
        package var keptDeltas = 16_384
        package var keptBytes = 32 << 20
        /// Entries and pilot groups that one fetch names.
        package var fetchKeys = Wire.fetchKeys

        package init() {}
    }

    /// What this agent holds; nil until a control node confirmed something, if only emptiness.
    package private(set) var state: ReplicatedState?
    /// The highest revision the control node was heard to hold, in the epoch that is followed.
    package internal(set) var heard: Revision?
    /// The epoch this agent won't follow; nil when it follows.
    package private(set) var conflict: Epoch?
    /// The protocol's or the environment's refusal; cleared by the next answer that is none.
    package private(set) var refusal: String?

    var catchUp = CatchUp.none
    var kept = KeptDeltas()
    /// The next catch-up must go by manifest: deltas would not mend what is wrong.
    var needsWhole = false
    /// Everything is to be fetched, whatever this agent holds.
    var needsEverything = false
    /// What is waited for is the end of a refusal.
    var isRefused = false
    /// Where the gap that is being healed began.
    var gapFrom: UInt64?
    /// What noticed it, until it is said: its end isn't known before control has spoken.
    var unsaidNotice: String?
    var nextRequest: UInt64
    var random: SplitMix64
    let settings: Settings

    package init(_ state: ReplicatedState?, seed: UInt64, settings: Settings = Settings()) {
        self.state = state
        self.settings = settings
        random = SplitMix64(seed: seed)
        nextRequest = random.next() >> 16
    }

    package var isCatchingUp: Bool { if case .none = catchUp { false } else { true } }

    /// When `tick` wants to be called at the latest; nil when nothing is awaited.
    package var deadline: UInt64? { catchUp.deadline }

    // MARK: Publications

    package mutating func receive(_ publication: Publication, now: UInt64) -> [ReplicaAction] {
        var actions: [ReplicaAction] = []
        switch publication {
        case .delta(let delta):
            guard follows(delta.revision.epoch, &actions, now) else { break }
            hear(delta.revision)
            receive(delta, &actions, now)
        case .announcement(let revision, _, _):
            guard follows(revision.epoch, &actions, now) else { break }
            hear(revision)
            if let state, revision.number > state.revision.number {
                begin(&actions, now, jitter: true, noticedBy: "an announced large delta")
            }
        case .heartbeat(let heartbeat):
            guard follows(heartbeat.revision.epoch, &actions, now) else { break }
            hear(heartbeat.revision)
            receive(heartbeat, &actions, now)
        }
        return actions
    }

    private mutating func hear(_ revision: Revision) {
        if let heard, heard.epoch == revision.epoch, heard.number >= revision.number { return }
        heard = revision
    }

    private mutating func receive(_ delta: Delta, _ actions: inout [ReplicaAction], _ now: UInt64) {
        guard let own = state?.revision, own.epoch == delta.revision.epoch, !catchUp.readsSnapshot else {
            // Nothing to apply it to yet, or the base is about to change: it waits for the end of the catch-up.
            kept.insert(delta, settings)
            begin(&actions, now, jitter: state != nil, noticedBy: "a delta")
            return
        }
        if delta.revision.number <= own.number { return }
        if delta.revision.number == own.number + 1 {
            apply([delta], &actions, now)
            drainKept(&actions, now)
            if kept.isEmpty, case .waiting = catchUp, !needsWhole, heard?.number == state?.revision.number {
                finish(&actions, how: "deltas that arrived after all")
            }
        } else {
            kept.insert(delta, settings)
            begin(&actions, now, jitter: true, noticedBy: "delta \(delta.revision.number)")
        }
    }

    private mutating func receive(_ heartbeat: Heartbeat, _ actions: inout [ReplicaAction], _ now: UInt64) {
        guard let state, state.revision.epoch == heartbeat.revision.epoch else {
            begin(&actions, now, jitter: state != nil, noticedBy: "a heartbeat")
            return
        }
        if heartbeat.revision.number > state.revision.number {
            begin(&actions, now, jitter: true, noticedBy: "a heartbeat")
        } else if heartbeat.revision.number == state.revision.number, heartbeat.digest != state.digest {
            if needsWhole {
                begin(&actions, now, jitter: true, noticedBy: "its digest")
            } else {
                distrust(&actions, now)
            }
        } else if heartbeat.revision.number == state.revision.number, needsWhole, !needsEverything,
            case .waiting = catchUp
        {
            // Equal again, by deltas that bore it out, before the whole state could be asked for.
            needsWhole = false
            finish(&actions, how: "deltas whose digest agrees")
        }
    }

    /// One's own digest isn't what control says for the same number: fetch the whole state. Control is told first what
    /// this agent held, unless the difference is this agent's own damage.
    mutating func distrust(_ actions: inout [ReplicaAction], _ now: UInt64) {
        guard let state else { return }
        let ownDamage = !state.isSound
        actions.append(.note(.digestDiffers(number: state.revision.number, ownDamage: ownDamage)))
        if !ownDamage { actions.append(.report) }
        needsWhole = true
        begin(&actions, now, jitter: true, noticedBy: "its digest")
    }

    // MARK: Epochs

    /// Is what was published in `epoch` for this agent? An older epoch, or another one with the same counter, empties
    /// nobody: the state is kept, answered from and reported.
    private mutating func follows(_ epoch: Epoch, _ actions: inout [ReplicaAction], _ now: UInt64) -> Bool {
        guard let own = state?.revision.epoch else { return true }
        if epoch == own {
            if conflict != nil {
                conflict = nil
                actions.append(.note(.followsAgain(epoch)))
                actions.append(.report)
            }
            return true
        }
        if epoch.counter > own.counter {
            if conflict != nil {
                conflict = nil
                actions.append(.report)
            }
            if heard?.epoch != epoch {
                actions.append(.note(.newEpoch(from: own, to: epoch)))
                kept.removeAll()
                // A catch-up within the old epoch has lost its meaning.
                catchUp = .none
            }
            return true
        }
        if conflict != epoch {
            conflict = epoch
            actions.append(.note(.keepsState(own, against: epoch)))
            actions.append(.report)
        }
        return false
    }

    // MARK: Applying

    /// Applies deltas that follow each other and one's own revision, each checked against the digest it carries.
    mutating func apply(_ deltas: [Delta], _ actions: inout [ReplicaAction], _ now: UInt64) {
        guard var next = state else { return }
        var changes: [EntryChange] = []
        var applied = 0
        var sound = true
        for delta in deltas {
            var candidate = next
            candidate.apply(delta.changes)
            candidate.revision = delta.revision
            guard candidate.digest == delta.digest else {
                sound = false
                break
            }
            next = candidate
            changes.append(contentsOf: delta.changes)
            applied += 1
        }
        if applied > 0 {
            state = next
            actions.append(
                .commit(Batch(changes: changes, revision: next.revision, digest: next.digest, origin: .deltas(applied)))
            )
        }
        if !sound, !needsWhole {
            let ownDamage = !next.isSound
            actions.append(.note(.digestDiffers(number: next.revision.number + 1, ownDamage: ownDamage)))
            // Either history may be the older one: control is told before this agent takes over what control holds.
            if !ownDamage { actions.append(.report) }
            needsWhole = true
            begin(&actions, now, jitter: true, noticedBy: "its digest")
        }
    }

    mutating func adopt(
        _ snapshot: ReplicatedState, changes: [EntryChange], isWhole: Bool, _ actions: inout [ReplicaAction]
    ) {
        state = snapshot
        if isWhole { needsEverything = false }
        needsWhole = needsEverything
        actions.append(
            .commit(
                Batch(
                    changes: changes, revision: snapshot.revision, digest: snapshot.digest, origin: .snapshot,
                    isWhole: isWhole)))
    }

    /// Applies what was kept, as far as it follows.
    mutating func drainKept(_ actions: inout [ReplicaAction], _ now: UInt64) {
        guard !kept.isEmpty, !needsWhole, let own = state?.revision else { return }
        apply(kept.take(after: own), &actions, now)
    }

    mutating func setRefusal(_ text: String?) { refusal = text }
}
