import Replication

extension SyncReply {
    /// For the trace.
    var summary: String {
        switch self {
        case .welcome: "welcome"
        case .refused(_, let refusal, _): "refused: \(refusal)"
        case .deltas(_, let deltas, let head): "\(deltas.count) deltas, head \(head)"
        case .part(_, let number, let offset, let total, _): "a part of \(number) at \(offset) of \(total)"
        case .upToDate: "up to date"
        case .manifest(_, _, let revision, _, let lines, let last):
            "\(lines.count) lines of the manifest of \(revision)\(last ? ", the last" : "")"
        case .entries(_, _, let changes, let last): "\(changes.count) changes\(last ? ", the last" : "")"
        case .busy: "busy"
        case .sessionOver: "session over"
        case .kill(let kill): "a kill of \(kill.flag) at \(kill.revision.number)"
        }
    }
}
