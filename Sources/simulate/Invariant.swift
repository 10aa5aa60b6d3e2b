/// What must hold all along. The raw value is the name that a violation is printed with.
enum Invariant: String, CaseIterable {
    /// Promise 1: an acknowledged change is in the store, after any crash.
    case acknowledgedIsStored = "acknowledged-is-stored"
    /// Promise 1: within an epoch no number is used for two contents, unless a backup was restored.
    case numberMeansOneContent = "number-means-one-content"
    /// Promise 2: an agent applies the numbers of an epoch in order, each once, and changes only to a later epoch.
    case appliedInOrder = "applied-in-order"
    /// Promise 2: within a bounded time after the last fault every agent equals control.
    case converges = "converges"
    /// Promise 2: in the quiet case a lost message, a hole or a damaged state heals within two heartbeats, by one
    /// catch-up.
    case healsByOneCatchUp = "heals-by-one-catch-up"
    /// Promise 2: healing costs control little: no agent asks without end.
    case asksInModeration = "asks-in-moderation"
    /// Promise 3: within an epoch no answer is older than one given before.
    case neverOlder = "never-older"
    /// Promises 3 and 5: what lookups see is exactly the content of the revision they name.
    case contentOfItsRevision = "content-of-its-revision"
    /// A kill that an agent has shown stays shown, over restarts too, until its turn has come.
    case killStays = "kill-stays"
    /// A kill ahead of its turn is one that control stored, and lies over revisions before its own only.
    case killInItsPlace = "kill-in-its-place"
    /// In the calm a kill is shown by everybody who is connected before its turn has come.
    case killGoesAhead = "kill-goes-ahead"
    /// When everything has healed, no kill is left that is ahead of its turn; not one either that control has lost.
    case overlayEnds = "overlay-ends"
    /// Promise 5: a damaged cache is recognised when it is loaded.
    case damageIsRecognised = "damage-is-recognised"
    /// Promise 6: what can't be compiled is reported by name, keeps its last good form, and blocks nothing.
    case quarantineIsExact = "quarantine-is-exact"
    /// Promise 8: `fleet --wait` says done only when every live and silent agent has applied and cached the revision.
    case waitIsHonest = "wait-is-honest"
}

struct Violation {
    var invariant: Invariant
    var detail: String
    /// Virtual milliseconds.
    var time: UInt64
}
