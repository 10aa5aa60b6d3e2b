import Flags
import HashTreeCollections

/// How a replica compares itself with a manifest, and fetches what differs.
extension Replica {
    mutating func receive(
        manifest lines: [ManifestLine], _ session: UInt64, _ revision: Revision, _ digest: Digest, last: Bool,
        _ actions: inout [ReplicaAction], _ now: UInt64
    ) {
        // Control refuses an agent of a later history; whoever answers all the same empties nobody.
        if let own = state?.revision.epoch, revision.epoch != own, revision.epoch.counter <= own.counter {
            actions.append(.note(.keepsState(own, against: revision.epoch)))
            return wait(settings.longestWait, now)
        }
        var comparing: CatchUp.Comparing
        if case .comparing(let open) = catchUp {
            guard open.session == session, open.revision == revision else {
                return ask(&actions, now, attempt: open.attempt)
            }
            comparing = open
        } else {
            comparing = .init(
                request: 0, deadline: 0, attempt: catchUp.attempt, session: session, revision: revision, digest: digest,
                lines: [])
        }
        comparing.lines.append(contentsOf: lines)
        guard last else {
            comparing.request = newRequest()
            comparing.deadline = now + timeout(comparing.attempt)
            catchUp = .comparing(comparing)
            actions.append(.send(.manifest(request: comparing.request, session: session)))
            return
        }
        compare(comparing, &actions, now)
    }

    /// Works out what has to go and what has to come.
    private mutating func compare(_ comparing: CatchUp.Comparing, _ actions: inout [ReplicaAction], _ now: UInt64) {
        var base = state ?? ReplicatedState(revision: comparing.revision, keeping: .hashes)
        var keys: [EntryKey] = []
        var pilots: [String] = []
        var entriesThere: Set<EntryKey> = []
        var pilotsThere: Set<String> = []
        // One's own terms are what was computed from one's own bytes; after damage none of them is to be trusted.
        let trust = !needsEverything && base.isSound
        for line in comparing.lines {
            switch line {
            case .entry(let key, let term):
                entriesThere.insert(key)
                if !trust || base.entries[key]?.term != term { keys.append(key) }
            case .members(let pilot, let count, let sum):
                pilotsThere.insert(pilot)
                let own = base.pilots[pilot]
                if !trust || own?.sum != sum || own?.count != Int(count) { pilots.append(pilot) }
            }
        }
        var changes: [EntryChange] = base.entries.keys.filter { !entriesThere.contains($0) }.sorted().map {
            .delete($0)
        }
        changes += base.pilots.keys.filter { !pilotsThere.contains($0) }.sorted().map { .replaceMembers(pilot: $0, []) }
        if !trust {
            base = ReplicatedState(revision: base.revision, keeping: base.memberForm)
        }
        base.apply(changes)
        base.revision = comparing.revision
        let fetching = CatchUp.Fetching(
            request: 0, deadline: 0, attempt: comparing.attempt, session: comparing.session, digest: comparing.digest,
            candidate: base, isWhole: !trust, changes: changes, keys: keys[...], pilots: pilots[...])
        fetchNext(fetching, &actions, now)
    }

    private mutating func fetchNext(
        _ open: CatchUp.Fetching, _ actions: inout [ReplicaAction], _ now: UInt64
    ) {
        var fetching = open
        guard !fetching.keys.isEmpty || !fetching.pilots.isEmpty else { return conclude(fetching, &actions, now) }
        let keys = Array(fetching.keys.prefix(settings.fetchKeys))
        let pilots = Array(fetching.pilots.prefix(settings.fetchKeys - keys.count))
        fetching.keys = fetching.keys.dropFirst(keys.count)
        fetching.pilots = fetching.pilots.dropFirst(pilots.count)
        fetching.request = newRequest()
        fetching.deadline = now + timeout(fetching.attempt)
        catchUp = .fetching(fetching)
        actions.append(
            .send(.fetch(request: fetching.request, session: fetching.session, keys, pilots: pilots)))
    }

    mutating func receive(
        entries changes: [EntryChange], last: Bool, _ open: CatchUp.Fetching, _ actions: inout [ReplicaAction],
        _ now: UInt64
    ) {
        var fetching = open
        fetching.candidate.apply(changes)
        fetching.changes.append(contentsOf: changes)
        if last { return fetchNext(fetching, &actions, now) }
        fetching.request = newRequest()
        fetching.deadline = now + timeout(fetching.attempt)
        catchUp = .fetching(fetching)
        actions.append(.send(.more(request: fetching.request, session: fetching.session)))
    }

    private mutating func conclude(
        _ fetching: CatchUp.Fetching, _ actions: inout [ReplicaAction], _ now: UInt64
    ) {
        actions.append(.send(.close(session: fetching.session)))
        guard fetching.candidate.digest == fetching.digest else {
            actions.append(.note(.snapshotMismatch(fetching.candidate.revision.number)))
            needsWhole = true
            return wait(settings.requestTimeout, now)
        }
        // Never back within an epoch: the session read a state older than what deltas have brought since it began.
        if let own = state?.revision, own.epoch == fetching.candidate.revision.epoch,
            own.number > fetching.candidate.revision.number
        {
            return needsWhole ? wait(settings.requestTimeout, now) : settle(&actions, now, how: "deltas")
        }
        var snapshot = fetching.candidate
        snapshot.compact()
        adopt(snapshot, changes: fetching.changes, isWhole: fetching.isWhole, &actions)
        settle(&actions, now, how: "a manifest and the entries that differ")
    }
}
