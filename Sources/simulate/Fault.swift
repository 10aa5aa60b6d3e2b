/// Faults that can be put in, to show that the invariants would catch them. They are acted out at the edges of the
/// simulation: messages are rewritten so that the replica behaves as a faulty one would, or steps are taken in the wrong
/// order. The code under test knows nothing of them.
enum Fault: String, CaseIterable {
    case noHoleTest = "no-hole-test"
    case heartbeatNumberAdopted = "heartbeat-number-adopted"
    case mapNotCleared = "map-not-cleared"
    case noEpochCheck = "no-epoch-check"
    case noResume = "no-resume"
    case digestUnchecked = "digest-unchecked"
    case swapBeforeCache = "swap-before-cache"
    case reportBeforeCache = "report-before-cache"
    case cacheUnchecked = "cache-unchecked"
    case acknowledgeBeforeCommit = "acknowledge-before-commit"
    case publishBeforeCommit = "publish-before-commit"
    case numberFromMemory = "number-from-memory"
    case waitForgetsSilent = "wait-forgets-silent"

    var description: String {
        switch self {
        case .noHoleTest: "a delta is applied without asking whether it is the next one (the zguide's client)"
        case .heartbeatNumberAdopted: "the number of a heartbeat is taken for one's own (the zguide's client)"
        case .mapNotCleared: "what a new history doesn't hold is kept (the zguide's client, on failover)"
        case .noEpochCheck: "messages of any epoch are taken for one's own (the zguide's client)"
        case .noResume: "nothing is asked for again after the first state (the zguide's client)"
        case .digestUnchecked: "digests are not compared"
        case .swapBeforeCache: "lookups see a revision before the cache holds it"
        case .reportBeforeCache: "a revision is reported before the cache holds it"
        case .cacheUnchecked: "a cache is believed without its digest"
        case .acknowledgeBeforeCommit: "a change is acknowledged before it is on disk"
        case .publishBeforeCommit: "a change is published before it is on disk; when storing fails its number is reused"
        case .numberFromMemory: "after a restart control counts on from an older number than it has stored"
        case .waitForgetsSilent: "`fleet --wait` doesn't wait for silent agents"
        }
    }
}
