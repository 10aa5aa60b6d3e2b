import JSON
import Replication

/// What became of a change that was not refused.
package struct ChangeOutcome: Sendable {
    /// Where the environment stands with it: on disk.
    package var revision: Revision
    /// False where nothing was to be changed, or a prune waits for its confirmation: no number was used.
    package var published: Bool
    package var diff: [DiffLine]
    package var warnings: [PlacedProblem]
    /// What `--prune` deletes, or would.
    package var prunable: [EntryKey]
    /// A prune that wasn't confirmed: nothing at all was done.
    package var needsConfirmation: Bool
    /// Members that were really added or removed.
    package var changedMembers: Int
    /// True where the request was answered before and came again: nothing was done now, and what it did then isn't here.
    package var isRepeated = false

    init(_ plan: ChangePlan, revision: Revision, published: Bool) {
        self.revision = revision
        self.published = published
        diff = plan.diff
        warnings = plan.warnings
        prunable = plan.prunable
        needsConfirmation = plan.needsConfirmation
        changedMembers = plan.changedMembers
    }

    /// A request that was answered before.
    init(_ request: AnsweredRequest) {
        self.init(ChangePlan(), revision: request.revision, published: request.published)
        isRepeated = true
    }
}

extension Revision {
    /// `{"epoch": {"counter": 1, "id": "00a1…"}, "number": 42}`
    package var json: JSONValue {
        .object([
            "epoch": .object(["counter": .integer(Int64(clamping: epoch.counter)), "id": .string(epoch.idText)]),
            "number": .integer(Int64(clamping: number)),
        ])
    }
}
