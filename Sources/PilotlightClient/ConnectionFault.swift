import Glibc
import NIOCore

/// Why a connection could not be made or was lost, in words.
enum ConnectionFault {
    static let closed = "the agent closed the connection"

    static func words(for error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case ENOENT: "there is no such socket"
        case ECONNREFUSED: "nobody listens on it"
        case EACCES: "this process may not open it: see the agent's --socket-mode and --socket-group"
        case EAGAIN: "too many connections wait to be accepted"
        case ECONNRESET, EPIPE: closed
        default: "\(error)"
        }
    }
}
