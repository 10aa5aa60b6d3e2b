import LookupProtocol

/// Why a lookup has no answer of an agent's.
enum LookupProblem: Error, Sendable, Hashable {
    /// There is no connection, and the last attempt failed for this reason.
    case unreachable(String)
    /// The deadline passed while the client was connecting.
    case notConnectedInTime
    /// The deadline passed while the agent had the request.
    case noAnswerInTime
    case connectionLost(String)
    case tooManyInFlight(Int)
    /// The agent answered a failure instead.
    case refusedByAgent(String)
    case keyTooLong(Int)
    case requestTooLong(Int)
    case contextNotFinite
    case shutDown

    var errorCode: LookupErrorCode {
        switch self {
        case .unreachable, .notConnectedInTime, .shutDown: .providerNotReady
        case .noAnswerInTime, .connectionLost, .tooManyInFlight, .refusedByAgent: .general
        case .keyTooLong: .flagNotFound
        case .requestTooLong, .contextNotFinite: .invalidContext
        }
    }

    /// - Parameters:
    ///   - socketPath: where the agent is looked for.
    ///   - limit: the lookup's deadline, counted from its start.
    func message(socketPath: String, within limit: Duration) -> String {
        switch self {
        case .unreachable(let reason):
            "agent unreachable at \(socketPath): \(reason)"
        case .notConnectedInTime:
            "agent unreachable at \(socketPath): not connected within \(limit) (deadline exceeded)"
        case .noAnswerInTime:
            "deadline exceeded: the agent at \(socketPath) didn't answer within \(limit)"
        case .connectionLost(let reason):
            "agent unreachable at \(socketPath): the connection was lost before the answer came: \(reason)"
        case .tooManyInFlight(let count):
            "\(count) lookups are in flight, which is the limit: the agent at \(socketPath) answers too slowly"
        case .refusedByAgent(let reason):
            "the agent refused the request: \(reason)"
        case .keyTooLong(let count):
            "a key of \(count) bytes is longer than any flag's and any component's"
        case .requestTooLong(let count):
            "the context makes a request of \(count) bytes, more than \(Frame.maximumRequestLength): send less of it"
        case .contextNotFinite:
            "the context holds a number that is infinite or not a number: leave it out"
        case .shutDown:
            "the client was shut down"
        }
    }
}
