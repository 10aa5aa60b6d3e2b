import LookupProtocol

/// A client of the binary lookup protocol over a blocking Unix socket.
package final class LookupConnection {
    private let socket: BlockingSocket
    private var reader = ServerFrameReader()
    private var nextID: UInt32 = 1
    /// Change frames that came while an answer was awaited.
    private var changes: [ChangeNotice] = []

    package init(_ path: String, timeout: Duration = .seconds(120)) throws {
        socket = try BlockingSocket(.unix(path), timeout: timeout)
        try socket.send(Preamble.client())
    }

    /// The agent's environment, once anything was answered.
    package var environment: String? { reader.environment }

    package func lookup(
        _ key: String, targetingKey: String? = nil, context: String? = nil, expected: ValueType? = nil,
        wantsMetadata: Bool = false
    ) throws -> FlagAnswer {
        let id = takeID()
        let subject = LookupSubject(
            targetingKey: targetingKey, context: context.map { Array($0.utf8) }, wantsMetadata: wantsMetadata)
        try send(.lookup(LookupRequest(id: id, key: key, expected: expected, subject: subject)))
        while true {
            if case .answer(id, let answer) = try frame() { return answer }
        }
    }

    /// Every flag's answer, by key, and the end frame.
    package func lookupAll(
        targetingKey: String? = nil, context: String? = nil
    ) throws -> (answers: [String: FlagAnswer], end: LookupAllEnd) {
        let id = takeID()
        let subject = LookupSubject(targetingKey: targetingKey, context: context.map { Array($0.utf8) })
        try send(.lookupAll(LookupAllRequest(id: id, subject: subject)))
        var answers: [String: FlagAnswer] = [:]
        while true {
            switch try frame() {
            case .flagAnswer(id, let key, let answer): answers[key] = answer
            case .lookupAllEnd(id, let end): return (answers, end)
            default: continue
            }
        }
    }

    package func ping() throws -> StateStamp {
        let id = takeID()
        try send(.ping(id: id))
        while true {
            if case .pong(id, let stamp) = try frame() { return stamp }
        }
    }

    /// Begins to watch; the first notice comes at once.
    package func watch() throws { try send(.watch(id: takeID())) }

    /// The next change frame; blocks until it comes or the time is over.
    package func nextChange() throws -> ChangeNotice {
        while changes.isEmpty { _ = try frame() }
        return changes.removeFirst()
    }

    // MARK: Frames

    package func send(_ frame: ClientFrame) throws {
        var bytes: [UInt8] = []
        frame.write(to: &bytes)
        try socket.send(bytes)
    }

    /// The next frame, whatever it is; change frames are kept for `nextChange` as well.
    package func frame() throws -> ServerFrame {
        while true {
            if let frame = try reader.next() {
                switch frame {
                case .change(_, let notice): changes.append(notice)
                case .failure(_, let failure):
                    throw HarnessError("the agent answered a failure: \(failure.code): \(failure.message)")
                default: break
                }
                return frame
            }
            let bytes = try socket.receive()
            guard !bytes.isEmpty else { throw HarnessError("the agent closed the connection") }
            reader.append(bytes)
        }
    }

    private func takeID() -> UInt32 {
        defer { nextID &+= 1 }
        return nextID
    }
}
