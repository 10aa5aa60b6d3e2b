/// What an agent makes durable in one step and then shows in one step: one revision or several in a row.
package struct Batch: Sendable {
    package enum Origin: Sendable, Hashable {
        /// Deltas in order; how many.
        case deltas(Int)
        /// The differences to a manifest: from another epoch, from too far back, or after a digest that differed.
        case snapshot
    }

    /// In order. A snapshot's changes lead from the state before to the state at `revision`.
    package var changes: [EntryChange]
    package var revision: Revision
    package var digest: Digest
    package var origin: Origin
    /// The changes put everything that there is at `revision`: whatever else a cache holds goes.
    package var isWhole: Bool

    package init(
        changes: [EntryChange], revision: Revision, digest: Digest, origin: Origin, isWhole: Bool = false
    ) {
        self.changes = changes
        self.revision = revision
        self.digest = digest
        self.origin = origin
        self.isWhole = isWhole
    }
}
