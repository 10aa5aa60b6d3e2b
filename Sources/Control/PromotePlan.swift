import Flags
import HashTreeCollections
import JSON
import Replication

/// Definitions that another environment holds, to be brought here.
package struct PromoteRequest: Sendable {
    package var source: String
    package var content: ReplicatedState
    /// Flag keys, components and pilot groups; empty for all flags and components. `flag:`, `component:` or `pilot:` before
    /// one says which it is.
    package var keys: [String]
    /// Pilot groups too: those that the named flags and components refer to, or all where nothing is named.
    package var pilots: Bool
}

/// What a promotion comes to. It deletes nothing, and touches nothing that isn't named.
enum PromotePlan {
    static func make(_ request: PromoteRequest, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        var problems: [PlacedProblem] = []
        let entries = entries(request, &problems)
        guard problems.isEmpty else {
            throw Refusal(
                .unknown, "Nothing of that name", detail: "\(request.source) lacks what is to be promoted",
                problems: problems)
        }
        var plan = ChangePlan()
        for key in entries.sorted() {
            let bytes = request.content.bytes(of: key) ?? []
            if let flag = key.flagKey {
                plan.bring(flag: flag, bytes, uses: FlagReferences.entries(stored: bytes), state)
            } else {
                plan.bring(
                    pilot: key.name, bytes, members: request.content.pilots[key.name]?.members.names ?? [], state)
            }
        }
        problems = plan.missingPilots(from: request.content, state).map { user, pilot in
            PlacedProblem(
                document: request.source, pointer: user.place.description,
                message: "\(user.title) refers to the pilot group \"\(pilot)\", which \(state.name) doesn't have",
                hint: "promote it too (name it, or say --pilots), or create it in \(state.name) first")
        }
        problems += PlanConflict.all(in: plan, on: state).map { $0.placed(in: request.source) }
        guard problems.isEmpty else {
            throw Refusal(
                .conflict, "Promotion conflicts",
                detail: "what is promoted doesn't fit what \(state.name) has: \(Refusal.count(problems.count)); "
                    + "nothing was changed",
                hint: "promote what is lacking too, or see to it in \(state.name) first", problems: problems)
        }
        plan.warnings += PlanConflict.warnings(in: plan, on: state).map { $0.placed(in: request.source, .warning) }
        return plan
    }

    private static func entries(_ request: PromoteRequest, _ problems: inout [PlacedProblem]) -> Set<EntryKey> {
        let all = request.content.entries.keys
        guard !request.keys.isEmpty else {
            return Set(all.filter { $0.flagKey != nil || ($0.kind == .pilot && request.pilots) })
        }
        var found: Set<EntryKey> = []
        for name in request.keys {
            if let entry = candidates(name).first(where: { request.content.entries[$0] != nil }) {
                found.insert(entry)
            } else {
                problems.append(
                    PlacedProblem(
                        document: request.source,
                        message: "there is no flag, no component and no pilot group \"\(name)\"",
                        hint: NearestName.hint(
                            for: name, among: all.map(\.name),
                            fallback: "`pilotlight flag list --environment \(request.source)` shows what there is")))
            }
        }
        guard request.pilots else { return found }
        for user in found where user.flagKey != nil {
            for entry in FlagReferences.entries(stored: request.content.bytes(of: user) ?? [])
            where entry.kind == .pilot && request.content.entries[entry] != nil {
                found.insert(entry)
            }
        }
        return found
    }

    /// What a name may stand for, the likeliest first.
    private static func candidates(_ name: String) -> [EntryKey] {
        let kinds = [EntryKind.flag, .component, .pilot]
        var keys = kinds.map { EntryKey($0, name) }
        for kind in kinds where name.hasPrefix("\(kind):") {
            keys.append(EntryKey(kind, String(name.dropFirst("\(kind):".count))))
        }
        return keys
    }
}
