/// Why an agent can't start: what was given, the reason, and what to do.
package enum AgentError: Error, Sendable, Hashable, CustomStringConvertible {
    case directoryUnusable(path: String, reason: String)
    case directoryInUse(path: String, pid: Int32?)
    case cacheUnusable(path: String, reason: String)
    case noControlHost

    package var description: String {
        switch self {
        case .directoryUnusable(let path, let reason):
            "the data directory \(path) can't be used: \(reason); give a directory that this user may write, with --data"
        case .directoryInUse(let path, let pid):
            "the data directory \(path) is in use by another agent" + (pid.map { " (pid \($0))" } ?? "")
                + "; stop that one, or give this one a directory of its own with --data"
        case .cacheUnusable(let path, let reason):
            "the cache \(path) can't be opened: \(reason); see to the rights and the space of its directory"
        case .noControlHost: "no control node was given; name its host with --control"
        }
    }
}
