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
                .invalid, "Prune needs a set",
                detail: "prune deletes what an earlier apply with the same set created, "
                    + "and no set is named", hint: "give --set NAME, the same for each apply of these files")
        }
        var plan = ChangePlan()
        plan.set = request.set
        plan.warnings = request.documents.warnings
        checkReferences(request.documents, state, &problems)
        if problems.isEmpty {
            for flag in request.documents.flags.sorted(by: { $0.definition.key < $1.definition.key }) {
                plan.bring(flag: flag.definition.key, flag.storedBytes, uses: flag.pilotsUsed, state)
            }
            for pilot in request.documents.pilots.sorted(by: { $0.name < $1.name }) {
                plan.bring(pilot: pilot.name, members: TreeSet(pilot.members.map(ExactString.init(_:))), state)
            }
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
            if key.kind == .pilot {
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
            }
            plan.diff.append(ChangePlan.line(dropping: key, state))
        }
        if request.confirmPrune {
            plan.changes += plan.prunable.map { .delete($0) }
            plan.deleted += plan.prunable
        } else {
            plan.needsConfirmation = true
        }
    }
}
