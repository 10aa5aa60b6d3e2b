import Flags
import Releases
import Replication

/// What waits for the committer's thread.
enum CommitterJob: Sendable {
    typealias Answer<Value: Sendable> = @Sendable (Result<Value, Refusal>) -> Void

    case change(ChangeRequest, Answer<ChangeOutcome>)
    case createEnvironment(String, Bucketing, actor: String, message: String, Answer<EnvironmentState>)
    case newEpoch(String, heard: [Revision], actor: String, message: String, Answer<EnvironmentState>)
    /// Control has heard of a history that isn't its own.
    case block(String, Divergence)
    case agents([ControlStore.AgentRow])
    /// A reader of announcements has taken all up to this sequence.
    case taken(AnnouncementReader, Int64, Answer<Void>)

    /// Overtakes what isn't: what stops something. Unkills do as kills, so that the two never change places.
    var isUrgent: Bool {
        if case .change(let request, _) = self { request.kind.isUrgent } else { false }
    }

    /// Nobody may wait for ever: answers with a refusal instead of doing it.
    func refuse(_ refusal: Refusal) {
        switch self {
        case .change(_, let answer): answer(.failure(refusal))
        case .createEnvironment(_, _, _, _, let answer): answer(.failure(refusal))
        case .newEpoch(_, _, _, _, let answer): answer(.failure(refusal))
        case .taken(_, _, let answer): answer(.failure(refusal))
        case .block, .agents: break
        }
    }
}

extension ChangeRequest.Kind {
    fileprivate var isUrgent: Bool {
        switch self {
        case .kill, .unkill, .keepRelease, .release(_, .hold), .release(_, .rollBack(_)): true
        default: false
        }
    }
}
