/// Control's deciding half of writing: the one place that assigns revisions.
///
/// Changes are staged one by one, stored together in one transaction by the shell around this, and only then committed:
/// what was staged but not stored never happened.
package struct NumberedLog: Sendable {
    /// What is stored and may be published.
    package private(set) var committed: ReplicatedState
    /// What will be once the staged deltas are stored; new changes are validated against this.
    package private(set) var staged: ReplicatedState
    package private(set) var stagedDeltas: [Delta] = []
    /// Why no writes are taken; nil in ordinary life.
    package private(set) var blocked: Divergence?

    package init(_ state: ReplicatedState, blocked: Divergence? = nil) {
        committed = state
        staged = state
        self.blocked = blocked
    }

    /// Assigns the next number. `changes` are taken as validated and must not be empty: a change that changes nothing
    /// gets no number.
    package mutating func stage(_ changes: [EntryChange], time: UInt64) throws(Divergence) -> Delta {
        if let blocked { throw blocked }
        precondition(!changes.isEmpty, "a delta without changes would be a number without meaning")
        staged.apply(changes)
        staged.revision.number += 1
        let delta = Delta(revision: staged.revision, digest: staged.digest, time: time, changes: changes)
        stagedDeltas.append(delta)
        return delta
    }

    /// The staged deltas are on disk. Returns them, to be published in this order.
    package mutating func commit() -> [Delta] {
        committed = staged
        defer { stagedDeltas = [] }
        return stagedDeltas
    }

    /// The staged deltas could not be stored: they never happened, and their numbers are free again.
    package mutating func rollback() {
        staged = committed
        stagedDeltas = []
    }

    /// Takes no writes from now on. The first reason stays.
    package mutating func block(_ divergence: Divergence) {
        if blocked == nil { blocked = divergence }
    }

    /// The revision that a new epoch would begin with, above everything heard of.
    package func nextEpoch(id: UInt64, heard: [Revision]) -> Revision {
        // Nobody counts this far: such a number was never given, and nothing could go on above it.
        let mostGiven = UInt64(1) << 62
        let known = (heard + [committed.revision] + (blocked.map { [$0.heard] } ?? []))
            .filter { $0.number < mostGiven && $0.epoch.counter < mostGiven }
        let counter = known.reduce(0) { max($0, $1.epoch.counter) }
        let number = known.reduce(0) { max($0, $1.number) }
        return Revision(epoch: Epoch(counter: counter + 1, id: id), number: number + 1)
    }

    /// Begins a new epoch with what control holds, and takes writes again. To be called with nothing staged, once
    /// `revision` is on disk.
    package mutating func begin(_ revision: Revision) {
        precondition(stagedDeltas.isEmpty, "a new epoch begins between groups of changes")
        committed = committed.moved(to: revision)
        staged = committed
        blocked = nil
    }
}
