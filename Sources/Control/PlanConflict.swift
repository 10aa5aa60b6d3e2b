import Flags
import HashTreeCollections
import JSON
import Replication

/// Why a plan can't be carried out, though each of its definitions is sound by itself: what it leads to wouldn't fit
/// together. Stands with the flag or component whose change brings it about.
struct PlanConflict: Sendable, Hashable {
    /// The flag key.
    var flag: String
    /// From the definition on.
    var pointer: JSONPointer
    var message: String
    var hint: String?

    /// Everything that wouldn't fit.
    ///
    /// - Parameter deleted: what is deleted besides what the plan says itself.
    static func all(
        in plan: ChangePlan, deleting deleted: [EntryKey] = [], on state: EnvironmentState
    ) -> [PlanConflict] {
        let brought = brought(by: plan)
        var check = PrerequisiteCheck(brought, deleted: keys(plan.deleted + deleted), on: state)
        return kills(brought, state) + check.conflicts()
    }

    /// What fits, but may not have been meant.
    static func warnings(
        in plan: ChangePlan, deleting deleted: [EntryKey] = [], on state: EnvironmentState
    ) -> [PlanConflict] {
        let isOfComponents = plan.references.contains { key, uses in
            ComponentKey.isComponent(key) || uses.contains { $0.kind == .component }
        }
        guard isOfComponents else { return [] }
        var check = PrerequisiteCheck(brought(by: plan), deleted: keys(plan.deleted + deleted), on: state)
        return check.retirements()
    }

    /// A definition as the plan puts it.
    struct Brought: Sendable {
        /// The flag key.
        var key: String
        var bytes: [UInt8]
    }

    private static func brought(by plan: ChangePlan) -> [Brought] {
        plan.changes.compactMap { change in
            guard case .put(let entry, let bytes) = change, let key = entry.flagKey else { return nil }
            return Brought(key: key, bytes: bytes)
        }
    }

    private static func keys(_ deleted: [EntryKey]) -> Set<ExactString> {
        Set(deleted.lazy.compactMap(\.flagKey).map { ExactString($0) })
    }

    /// What is killed keeps the variant, or the version, that it serves.
    private static func kills(_ brought: [Brought], _ state: EnvironmentState) -> [PlanConflict] {
        brought.compactMap { item in
            let subject = Subject(item.key)
            guard let kill = StoredFlag.kill(of: item.key, in: state.log.staged) else { return nil }
            let variant = StoredFlag.json(item.bytes)[subject.variants]?[kill.variant]
            let isRetired = subject.isRetired(variant)
            guard variant == nil || isRetired else { return nil }
            return PlanConflict(
                flag: item.key, pointer: JSONPointer().appending(subject.variants),
                message: "\(subject.title) is killed and serves \"\(kill.variant)\", which would be "
                    + (isRetired ? "retired" : "gone"),
                hint: "keep the \(subject.variant), or unkill the \(subject.kind) first")
        }
    }

    func placed(in document: String, _ severity: PlacedProblem.Severity = .error) -> PlacedProblem {
        PlacedProblem(
            document: document, pointer: JSONPointer(tokens: Subject(flag).place.tokens + pointer.tokens).description,
            message: message, hint: hint, severity: severity)
    }
}
