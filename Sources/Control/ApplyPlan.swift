import Flags
import HashTreeCollections
import JSON
import Replication

/// What a set of documents comes to on a given state. What they don't mention stays as it is; what they give replaces that
/// part whole; what is there already is no change.
enum ApplyPlan {
    static func make(_ request: ApplyRequest, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        var problems = request.documents.problems
        if request.prune, request.set == nil {
            throw Refusal(
                .malformed, "Prune needs a set",
                detail: "prune deletes what an earlier apply with the same set created, "
                    + "and no set is named", hint: "give --set NAME, the same for each apply of these files")
        }
        var plan = ChangePlan()
        plan.set = request.set
        plan.warnings = request.documents.warnings
        checkReferences(request.documents, state, &problems)
        if problems.isEmpty {
            for flag in request.documents.flags.sorted(by: { $0.definition.key < $1.definition.key }) {
                add(flag, state, &plan)
            }
            for pilot in request.documents.pilots.sorted(by: { $0.name < $1.name }) { add(pilot, state, &plan) }
        }
        if let set = request.set { prune(set, request, state, &plan, &problems) }
        guard problems.isEmpty else {
            let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
            throw Refusal(
                .invalid, "Documents refused", detail: "\(count) found; nothing was changed",
                hint: "correct what is listed and apply again", problems: problems,
                members: ["warnings": .array(request.documents.warnings.map(\.json))])
        }
        return plan
    }

    // MARK: Additions and changes

    private static func add(_ flag: ReadDocuments.Flag, _ state: EnvironmentState, _ plan: inout ChangePlan) {
        let entry = EntryKey(.flag, flag.definition.key)
        let current = state.log.staged.bytes(of: entry)
        guard current != flag.storedBytes else { return }
        let after = flag.definition.json
        if let current {
            plan.diff.append(.changed(flag: entry.name, StoredFlag.json(current), after))
        } else {
            plan.diff.append(.added(flag: entry.name, after))
            plan.created.append(entry)
        }
        plan.changes.append(.put(entry, flag.storedBytes))
        plan.references.append((entry.name, flag.pilotsUsed))
    }

    private static func add(_ pilot: ReadDocuments.Pilot, _ state: EnvironmentState, _ plan: inout ChangePlan) {
        let entry = EntryKey(.pilot, pilot.name)
        let present = state.log.staged.pilots[pilot.name]?.members ?? []
        let wanted = TreeSet(pilot.members.map(ExactString.init(_:)))
        let added = wanted.filter { !present.contains($0) }.sorted().map(\.text)
        let removed = present.filter { !wanted.contains($0) }.sorted().map(\.text)
        let exists = state.log.staged.entries[entry] != nil
        if !exists {
            plan.changes.append(.put(entry, ChangePlan.pilotBytes))
            plan.created.append(entry)
            plan.diff.append(.added(pilot: pilot.name, members: added))
        } else if !added.isEmpty || !removed.isEmpty {
            plan.diff.append(.changed(pilot: pilot.name, before: present.count, added: added, removed: removed))
        }
        // The list replaces the group's whole, but travels as what differs.
        if !removed.isEmpty { plan.changes.append(.removeMembers(pilot: pilot.name, removed)) }
        if !added.isEmpty { plan.changes.append(.addMembers(pilot: pilot.name, added)) }
        plan.changedMembers += added.count + removed.count
    }

    // MARK: Checks against the state as it is now

    /// The documents were read against a state that may have moved on: a group can have been deleted since.
    private static func checkReferences(
        _ documents: ReadDocuments, _ state: EnvironmentState, _ problems: inout [PlacedProblem]
    ) {
        guard !documents.lenient else { return }
        let brought = Set(documents.pilots.map(\.name))
        let complained = Set(problems.map(\.pointer))
        for flag in documents.flags {
            for pilot in flag.pilotsUsed.subtracting(brought).sorted()
            where state.log.staged.entries[EntryKey(.pilot, pilot)] == nil {
                // Reading has named the place if the group was unknown by then.
                let place = "/flags/\(flag.definition.key)"
                guard !complained.contains(where: { $0.hasPrefix(place + "/") }) else { continue }
                problems.append(
                    PlacedProblem(
                        document: flag.document, pointer: place,
                        message: "targeting refers to the pilot group \"\(pilot)\", which isn't there any more"))
            }
        }
    }

    // MARK: Prune

    private static func prune(
        _ set: String, _ request: ApplyRequest, _ state: EnvironmentState, _ plan: inout ChangePlan,
        _ problems: inout [PlacedProblem]
    ) {
        let named = Set(
            request.documents.flags.map { EntryKey(.flag, $0.definition.key) }
                + request.documents.pilots.map { EntryKey(.pilot, $0.name) })
        plan.prunable = state.sets.entries(of: set)
            .filter { !named.contains($0) && state.log.staged.entries[$0] != nil }.sorted()
        guard request.prune, !plan.prunable.isEmpty else { return }
        let pruned = Set(plan.prunable)
        var brought: [String: [String]] = [:]
        for flag in request.documents.flags {
            for pilot in flag.pilotsUsed { brought[pilot, default: []].append(flag.definition.key) }
        }
        for key in plan.prunable {
            switch key.kind {
            case .flag:
                plan.diff.append(.removed(flag: key.name, StoredFlag.json(state.log.staged.bytes(of: key) ?? [])))
            default:
                let kept = state.references.flags(using: key.name).filter {
                    let flag = EntryKey(.flag, $0)
                    return !pruned.contains(flag) && !named.contains(flag)
                }
                let users = (kept + (brought[key.name] ?? [])).sorted()
                if !users.isEmpty {
                    problems.append(
                        PlacedProblem(
                            document: "set \(set)",
                            message: "pilot group \"\(key.name)\" can't be pruned: the targeting of "
                                + users.joined(separator: ", ") + " refers to it",
                            hint: "keep it in a file, or change these flags"))
                }
                plan.diff.append(.removed(pilot: key.name, members: state.log.staged.pilots[key.name]?.count ?? 0))
            }
        }
        if request.confirmPrune {
            plan.changes += plan.prunable.map { .delete($0) }
            plan.deleted += plan.prunable
        } else {
            plan.needsConfirmation = true
        }
    }
}
