import Flags
import HashTreeCollections
import JSON
import Replication

/// Why a plan can't be carried out, though each of its definitions is sound by itself: what it leads to wouldn't fit
/// together. Stands with the flag whose change brings it about.
struct PlanConflict: Sendable, Hashable {
    var flag: String
    /// From the flag's definition on.
    var pointer: JSONPointer
    var message: String
    var hint: String?

    /// Everything that wouldn't fit.
    ///
    /// - Parameter deleted: what is deleted besides what the plan says itself.
    static func all(
        in plan: ChangePlan, deleting deleted: [EntryKey] = [], on state: EnvironmentState
    ) -> [PlanConflict] {
        let deleted = Set((plan.deleted + deleted).lazy.filter { $0.kind == .flag }.map { ExactString($0.name) })
        let brought = plan.changes.compactMap { change -> Brought? in
            guard case .put(let key, let bytes) = change, key.kind == .flag else { return nil }
            return Brought(key: key.name, bytes: bytes)
        }
        var check = PrerequisiteCheck(brought, deleted: deleted, on: state)
        return kills(brought, state) + check.conflicts()
    }

    /// A flag's definition as the plan puts it.
    struct Brought: Sendable {
        var key: String
        var bytes: [UInt8]
    }

    /// A killed flag keeps the variant that it serves.
    private static func kills(_ brought: [Brought], _ state: EnvironmentState) -> [PlanConflict] {
        brought.compactMap { flag in
            guard let kill = StoredFlag.kill(of: flag.key, in: state.log.staged),
                StoredFlag.json(flag.bytes)["variants"]?[kill.variant] == nil
            else { return nil }
            return PlanConflict(
                flag: flag.key, pointer: JSONPointer().appending("variants"),
                message: "flag \"\(flag.key)\" is killed and serves \"\(kill.variant)\", which would be gone",
                hint: "keep the variant, or unkill the flag first")
        }
    }

    func placed(in document: String) -> PlacedProblem {
        PlacedProblem(
            document: document,
            pointer: JSONPointer(tokens: ["flags", flag] + pointer.tokens).description, message: message, hint: hint)
    }
}
