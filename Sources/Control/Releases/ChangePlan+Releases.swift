import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// What a release has its host do, as steps of a plan: all of it is one delta, stored with the release's record.
extension ChangePlan {
    mutating func carryOut(
        _ actions: [ReleaseAction], of release: Release, _ trigger: ReleaseTrigger, on state: EnvironmentState
    ) throws(Refusal) {
        let name = release.plan.name
        let entry = EntryKey(.release, name)
        let before = state.log.staged.bytes(of: entry)
        var defined = ChangePlan()
        var others: [String: Release] = [:]
        for action in actions {
            switch action {
            case .show(let staged):
                let bytes = staged.storedBytes
                guard bytes != before else { continue }
                changes.append(.put(entry, bytes))
                diff.append(.shown(release: name, before.map { StoredFlag.json($0) }, staged.json))
            case .conceal:
                guard let before else { continue }
                changes.append(.delete(entry))
                diff.append(.concealed(release: name, StoredFlag.json(before)))
            case .define(let flag, let json):
                defined.bring(flag: flag, json.canonicalBytes(), uses: FlagReferences.entries(in: json), state)
            case .floor(let flag, let floor): set(floor, of: flag, state)
            case .cover(let other, let flag, let floor):
                var release = others[other] ?? state.releases[other]
                release?.cover(flag, floor)
                others[other] = release
            case .leave(let flag, let sentences):
                let title = ComponentKey.title(of: flag) + ": "
                for sentence in sentences {
                    let what = sentence.hasPrefix(title) ? String(sentence.dropFirst(title.count)) : sentence
                    warn(of: flag, "not taken back: " + what)
                }
            case .announce(let event):
                announcements.append(StoredAnnouncement(event, of: release, in: state))
            }
        }
        try Self.check(defined, of: release, on: state)
        changes += defined.changes
        references += defined.references
        created += defined.created
        diff += defined.diff
        records.append(.release(release))
        for name in others.keys.sorted() { records += others[name].map { [.release($0)] } ?? [] }
        why = "release \(name): \(release.describe(trigger))"
    }

    private mutating func set(_ floor: ReleaseFloor?, of flag: String, _ state: EnvironmentState) {
        let entry = EntryKey(.floor, flag)
        let before = state.log.staged.bytes(of: entry)
        let after = floor?.storedBytes
        guard before != after else { return }
        if let floor, let after {
            changes.append(.put(entry, after))
            diff.append(.floor(flag, before.map { StoredFlag.json($0) }, floor.json))
        } else if let before {
            changes.append(.delete(entry))
            diff.append(.noFloor(flag, StoredFlag.json(before)))
        }
    }

    /// What holds for definitions in documents holds for those that a release leaves behind.
    private static func check(
        _ defined: ChangePlan, of release: Release, on state: EnvironmentState
    ) throws(Refusal) {
        var problems: [PlacedProblem] = []
        let document = "release \(release.plan.name)"
        for case .put(let entry, let bytes) in defined.changes {
            guard let key = entry.flagKey else { continue }
            let check = DefinitionCheck(key, on: state)
            let before = state.log.staged.bytes(of: entry).map { check.problems(of: StoredFlag.json($0)) } ?? []
            problems += check.problems(of: StoredFlag.json(bytes))
                .filter { $0.severity == .error && !before.contains($0) }
                .map { PlacedProblem($0, in: document) }
        }
        problems += PlanConflict.all(in: defined, on: state).map { $0.placed(in: document) }
        guard let first = problems.first else { return }
        throw Refusal(
            .conflict, "Release conflicts",
            detail: "what release \"\(release.plan.name)\" would leave behind doesn't fit: \(first.message)"
                + (problems.count > 1 ? ", and \(problems.count - 1) more" : "") + "; nothing was changed",
            hint: first.hint, problems: problems)
    }

    /// What a deleted flag or component leaves nothing behind of: its floor.
    mutating func dropFloors(_ state: EnvironmentState) {
        for flag in (needsConfirmation ? prunable : deleted).compactMap(\.flagKey) {
            let entry = EntryKey(.floor, flag)
            guard let before = state.log.staged.bytes(of: entry) else { continue }
            if !needsConfirmation { changes.append(.delete(entry)) }
            diff.append(.noFloor(flag, StoredFlag.json(before)))
        }
    }

    /// A kill holds the release of what is killed.
    mutating func holdKilled(_ state: EnvironmentState, _ circumstances: Circumstances) {
        for case .put(let key, _) in changes where key.kind == .kill {
            guard var release = state.owner(of: key.name) else { continue }
            let facts = ReleaseFacts(of: release, on: state, circumstances.observe(), killing: key.name)
            let actions = try? release.receive(
                .killed(key.name), facts, at: circumstances.time, by: circumstances.actor, why: circumstances.message)
            // It may have been held before.
            guard let actions else { continue }
            let why = why
            try? carryOut(actions, of: release, .killed, on: state)
            self.why = why
            warn(of: key.name, "release \"\(release.plan.name)\" is \(release.state.rawValue) by it")
        }
    }
}

extension Release {
    /// `stage 2 of 5 (10 %)`
    var stageText: String {
        guard plan.stages.indices.contains(stage) else { return "no stage" }
        return "stage \(stage + 1) of \(plan.stages.count) (\(plan.stages[stage].name))"
    }

    /// What a trigger has brought it to, in words.
    func describe(_ trigger: ReleaseTrigger) -> String {
        switch state {
        case .running: "\(trigger.rawValue), \(stageText)"
        case .held: "held at \(stageText)"
        case .draft, .scheduled, .armed, .launched, .rolledBack, .cancelled: state.rawValue
        }
    }
}
