import CZeroMQ
import Glibc

/// What libzmq refused, on which endpoint, why, and what to do about it.
package struct ZMQError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried, as in "can't …": `bind`, `connect`, `set ZMQ_LINGER`.
    package var operation: String
    package var endpoint: String?
    /// The errno of libzmq.
    package var code: Int32

    package init(_ operation: String, endpoint: String? = nil, code: Int32) {
        self.operation = operation
        self.endpoint = endpoint
        self.code = code
    }

    /// The error of the call that just failed on this thread.
    static func last(_ operation: String, endpoint: String? = nil) -> ZMQError {
        ZMQError(operation, endpoint: endpoint, code: zmq_errno())
    }

    /// libzmq's own words for the code.
    package var reason: String { String(cString: zmq_strerror(code)) }

    package var hint: String? {
        switch code {
        case EADDRINUSE: "another process listens there: stop it, or give another port"
        case EADDRNOTAVAIL, ENODEV: "no interface of this machine has that address: give one that it has, or 0.0.0.0"
        case EACCES: "this user may not: take a port above 1023, or a directory that it may write"
        case EINVAL: "is the endpoint well formed, as in tcp://127.0.0.1:7461?"
        case EPROTONOSUPPORT: "known transports are tcp, ipc and inproc"
        case ENAMETOOLONG: "a Unix socket's path has at most 107 bytes"
        case EMFILE: "raise the limit of open files (ulimit -n)"
        case Self.contextTerminated: "the context was shut down"
        default: nil
        }
    }

    /// The context was shut down: the loop that owned the socket should end.
    package var isTerminated: Bool { code == Self.contextTerminated }

    /// `ETERM`, which the C header defines by an expression that Swift can't import.
    private static let contextTerminated: Int32 = ZMQ_HAUSNUMERO + 53

    package var description: String {
        var text = "ZeroMQ can't \(operation)"
        if let endpoint { text += " \(endpoint)" }
        text += ": \(reason)"
        if let hint { text += "; \(hint)" }
        return text
    }
}
