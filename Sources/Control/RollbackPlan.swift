import HashTreeCollections
import JSON
import Replication

/// An earlier state, and how much of it to bring back.
package struct RollbackRequest: Sendable {
    package var number: UInt64
    /// The state at that number.
    package var content: ReplicatedState
    /// Pilot groups and their members too.
    package var pilots: Bool
}

/// What a roll back comes to: the flags and components as they were, as a new revision. It never lifts a kill, which is an
/// entry of its own kind.
enum RollbackPlan {
    static func make(_ request: RollbackRequest, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        var plan = ChangePlan()
        plan.become(request.content, pilots: request.pilots, state)
        var conflicts = plan.missingPilots(from: request.content, state).map { user, pilot in
            PlacedProblem(
                document: "revision \(request.number)", pointer: user.place.description,
                message: "\(user.title) refers to the pilot group \"\(pilot)\", which was deleted since",
                hint: "bring the groups back too (--pilots), or create it first")
        }
        conflicts += (PlanConflict.all(in: plan, on: state) + killed(plan, request, state))
            .map { $0.placed(in: "revision \(request.number)") }
        guard conflicts.isEmpty else {
            throw Refusal(
                .conflict, "Roll back conflicts",
                detail: "revision \(request.number) can't be brought back as it was: "
                    + (conflicts.count == 1 ? "1 conflict" : "\(conflicts.count) conflicts") + "; nothing was changed",
                problems: conflicts)
        }
        plan.warnings += PlanConflict.warnings(in: plan, on: state)
            .map { $0.placed(in: "revision \(request.number)", .warning) }
        return plan
    }

    /// A flag or component that wasn't there yet would take its kill along, and come back without it.
    private static func killed(
        _ plan: ChangePlan, _ request: RollbackRequest, _ state: EnvironmentState
    ) -> [PlanConflict] {
        plan.deleted.compactMap(\.flagKey).filter { state.log.staged.entries[EntryKey(.kill, $0)] != nil }.map {
            let subject = Subject($0)
            return PlanConflict(
                flag: $0, pointer: JSONPointer(),
                message: "\(subject.title) is killed, and wasn't there yet at revision \(request.number)",
                hint: "delete it first, and its kill with it (pilotlight \(subject.kind) delete \(subject.name)), "
                    + "or unkill it")
        }
    }
}
