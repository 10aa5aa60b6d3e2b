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
                plan.bring(flag: flag.definition.key, withOffVariant(flag, state), uses: flag.uses, state)
                warnOfLoss(flag.definition.key, ["rollout"], in: flag.definition.json, flag.document, state, &plan)
            }
            for component in request.documents.components.sorted(by: { $0.definition.name < $1.definition.name }) {
                bring(component, state, &plan)
            }
            for pilot in request.documents.pilots.sorted(by: { $0.name < $1.name }) {
                let members = TreeSet(pilot.definition.members.map(ExactString.init(_:)))
                plan.bring(pilot: pilot.name, pilot.storedBytes, members: members, state)
            }
        }
        if let set = request.set { prune(set, request, state, &plan, &problems) }
        if request.documents.problems.isEmpty {
            let documents = Dictionary(
                request.documents.users.map { (ExactString($0.key), $0.document) },
                uniquingKeysWith: { first, _ in first })
            let deleted = request.prune ? plan.prunable : []
            func document(of conflict: PlanConflict) -> String {
                documents[ExactString(conflict.flag)] ?? "set \(request.set ?? "")"
            }
            problems += PlanConflict.all(in: plan, deleting: deleted, on: state).map { $0.placed(in: document(of: $0)) }
            plan.warnings += PlanConflict.warnings(in: plan, deleting: deleted, on: state)
                .map { $0.placed(in: document(of: $0), .warning) }
        }
        guard problems.isEmpty else {
            throw Refusal(
                .invalid, "Documents refused", detail: "\(Refusal.count(problems.count)); nothing was changed",
                hint: "correct what is listed and apply again", problems: problems,
                members: ["warnings": .array(request.documents.warnings.map(\.json))])
        }
        return plan
    }

    /// The definition as it will be stored. What a kill serves isn't lost, and is settled with the first rollout, as by the
    /// command: a document that names no off variant leaves the one that the flag has, or with a rollout takes the default
    /// variant, which may be the released one later.
    private static func withOffVariant(_ flag: ReadDocuments.Flag, _ state: EnvironmentState) -> [UInt8] {
        var definition = flag.definition
        guard definition.offVariant == nil else { return flag.storedBytes }
        let stored = state.log.staged.bytes(of: EntryKey(.flag, definition.key)).map { StoredFlag.json($0) }
        let kept = stored?["offVariant"]?.stringValue.flatMap { definition.variants[$0] == nil ? nil : $0 }
        guard let off = kept ?? (definition.rollout == nil ? nil : definition.defaultVariant) else {
            return flag.storedBytes
        }
        definition.offVariant = off
        return definition.storedBytes
    }

    /// A split that is given in percent is made of the slots that there are, so that the fewest users move.
    private static func bring(
        _ component: ReadDocuments.Component, _ state: EnvironmentState, _ plan: inout ChangePlan
    ) {
        var definition = component.definition
        let before = try? StoredFlag.definition(ofComponent: definition.name, in: state.log.staged)
        if definition.wantedShares != nil { definition.settleSplit(from: before) }
        for (message, hint) in VerifiedVersion.warn(
            definition, instead: before, at: Int64(Moment.now.wall / 1_000), on: state)
        {
            plan.warnings.append(
                PlacedProblem(
                    document: component.document, pointer: Subject(component.key).place.description, message: message,
                    hint: hint, severity: .warning))
        }
        plan.bring(
            flag: component.key, definition.storedBytes, uses: FlagReferences.entries(in: definition.json), state)
        warnOfLoss(
            component.key, ["split", "pilots", "rollout"], in: definition.json, component.document, state, &plan)
    }

    /// What operators set by commands lives in the definition, which the document replaces.
    private static func warnOfLoss(
        _ key: String, _ members: [String], in definition: JSONValue, _ document: String, _ state: EnvironmentState,
        _ plan: inout ChangePlan
    ) {
        let subject = Subject(key)
        guard let bytes = state.log.staged.bytes(of: subject.entry) else { return }
        let stored = StoredFlag.json(bytes)
        for member in members where stored[member] != nil && definition[member] == nil {
            plan.warnings.append(
                PlacedProblem(
                    document: document, pointer: subject.place.description,
                    message: "the document has no \(member): "
                        + (member == "pilots"
                            ? "those that the \(subject.kind) has are" : "the one that the \(subject.kind) has is")
                        + " taken away",
                    hint: "to keep it, put what `pilotlight export` shows into the document", severity: .warning))
        }
    }

    // MARK: Checks against the state as it is now

    /// The documents were read against a state that may have moved on: a group can have been deleted since.
    private static func checkReferences(
        _ documents: ReadDocuments, _ state: EnvironmentState, _ problems: inout [PlacedProblem]
    ) {
        guard !documents.lenient else { return }
        let brought = Set(documents.pilots.map(\.name))
        let complained = Set(problems.map(\.pointer))
        for user in documents.users {
            let subject = Subject(user.key)
            for pilot in user.pilots.subtracting(brought).sorted()
            where state.log.staged.entries[EntryKey(.pilot, pilot)] == nil {
                // Reading has named the place if the group was unknown by then.
                let place = subject.place.description
                guard !complained.contains(where: { $0.hasPrefix(place + "/") }) else { continue }
                problems.append(
                    PlacedProblem(
                        document: user.document, pointer: place,
                        message:
                            "the \(subject.kind) refers to the pilot group \"\(pilot)\", which isn't there any more"))
            }
        }
    }

    // MARK: Prune

    private static func prune(
        _ set: String, _ request: ApplyRequest, _ state: EnvironmentState, _ plan: inout ChangePlan,
        _ problems: inout [PlacedProblem]
    ) {
        let named = Set(
            request.documents.users.map { EntryKey(deciding: $0.key) }
                + request.documents.pilots.map { EntryKey(.pilot, $0.name) })
        plan.prunable = state.sets.entries(of: set)
            .filter { !named.contains($0) && state.log.staged.entries[$0] != nil }.sorted()
        guard request.prune, !plan.prunable.isEmpty else { return }
        let pruned = Set(plan.prunable)
        var brought: [String: [String]] = [:]
        for user in request.documents.users {
            for pilot in user.pilots { brought[pilot, default: []].append(user.key) }
        }
        for key in plan.prunable {
            if key.kind == .pilot {
                let kept = state.references.flags(using: key.name).filter {
                    let user = EntryKey(deciding: $0)
                    return !pruned.contains(user) && !named.contains(user)
                }
                let users = (kept + (brought[key.name] ?? [])).sorted()
                if !users.isEmpty {
                    problems.append(
                        PlacedProblem(
                            document: "set \(set)",
                            message: "pilot group \"\(key.name)\" can't be pruned: "
                                + users.map { Subject($0).name }.joined(separator: ", ")
                                + (users.count == 1 ? " refers to it" : " refer to it"),
                            hint: "keep it in a file, or change \(users.titles)"))
                }
            }
            plan.diff.append(ChangePlan.line(dropping: key, state))
            if let flag = key.flagKey, let kill = state.log.staged.bytes(of: EntryKey(.kill, flag)) {
                plan.diff.append(.unkilled(flag, StoredFlag.json(kill)))
            }
        }
        if request.confirmPrune {
            let kills = plan.prunable.lazy.compactMap(\.flagKey).map { EntryKey(.kill, $0) }
                .filter { state.log.staged.entries[$0] != nil }
            plan.changes += (plan.prunable + kills).map { .delete($0) }
            plan.deleted += plan.prunable
        } else {
            plan.needsConfirmation = true
        }
    }
}
