import Replication

/// What makes a cache unfit to start from. It is then set aside, never repaired: what it holds can't be told from what
/// it should hold.
enum CacheFault: Error, Sendable, Hashable, CustomStringConvertible {
    case unreadable(String)
    case otherEnvironment(found: String, expected: String)
    case newerFormat(found: Int64, known: Int64)
    case metadataDamaged(String)
    case digestDiffers(revision: Revision, recorded: Digest, found: Digest)
    /// Commits that this agent has answered from are gone, and no power loss explains it.
    case behindItsMark(holds: Revision?, mark: Revision)

    var description: String {
        switch self {
        case .unreadable(let reason): "it can't be read: \(reason)"
        case .otherEnvironment(let found, let expected):
            "it belongs to environment \"\(found)\", this agent to \"\(expected)\""
        case .newerFormat(let found, let known):
            "it has format \(found), written by a newer version; this one knows up to \(known)"
        case .metadataDamaged(let reason): "its metadata are damaged: \(reason)"
        case .digestDiffers(let revision, let recorded, let found):
            "its entries at revision \(revision) have the digest \(found), recorded was \(recorded)"
        case .behindItsMark(let holds, let mark):
            "it holds \(holds.map { "revision \($0)" } ?? "nothing"), but revision \(mark) had been committed to it"
        }
    }
}
