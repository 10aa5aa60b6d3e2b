import Harness
import LookupProtocol

/// Frames over a blocking socket, one at a time, failures included: what the protocol's own tests need to see.
final class RawLookupClient {
    let socket: BlockingSocket
    private var reader = ServerFrameReader()

    init(_ endpoint: Endpoint, preamble: [UInt8] = Preamble.client()) throws {
        socket = try BlockingSocket(endpoint)
        try socket.send(preamble)
    }

    var environment: String? { reader.environment }

    func send(_ frames: ClientFrame...) throws { try socket.send(Self.bytes(frames)) }

    static func bytes(_ frames: [ClientFrame]) -> [UInt8] {
        var bytes: [UInt8] = []
        for frame in frames { frame.write(to: &bytes) }
        return bytes
    }

    /// The next frame; nil when the server has closed.
    func next() throws -> ServerFrame? {
        while true {
            if let frame = try reader.next() { return frame }
            let more = try socket.receive()
            if more.isEmpty { return nil }
            reader.append(more)
        }
    }

    func answer(to request: LookupRequest) throws -> FlagAnswer? {
        try send(.lookup(request))
        guard case .answer(request.id, let answer) = try next() else { return nil }
        return answer
    }

    /// The next change frame, whatever comes before it.
    func nextChange() throws -> ChangeNotice? {
        while let frame = try next() {
            if case .change(_, let notice) = frame { return notice }
        }
        return nil
    }
}
