import Glibc
import ZeroMQ

/// Waiting for messages in tests: on conditions, with a limit that only a failure reaches.
enum Scratch {
    static let patience = 120_000

    /// A directory of the test's own, for ipc endpoints.
    static func directory() -> String {
        var template = Array("/tmp/pilotlight-zmq-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return "/tmp" }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func nextMessage(on socket: borrowing ZMQSocket, maximumFrames: Int = 16) throws -> ZMQSocket.ReceiveResult {
        var set = PollSet()
        _ = set.add(socket)
        while true {
            let result = try socket.receive(maximumFrames: maximumFrames)
            if result != .nothing { return result }
            guard try set.wait(milliseconds: patience) else { return .nothing }
        }
    }
}
