import NIOCore

/// Where the agent listens, and its limits.
package struct LookupServerConfiguration: Sendable {
    /// The Unix socket, at most 107 bytes long.
    package var socketPath: String
    /// Permission bits of the socket file. Whoever may write to it may look up.
    package var socketMode: UInt32 = 0o660
    /// Group of the socket file, by name or number; nil leaves the process's own.
    package var socketGroup: String?
    /// A TCP port on loopback for OFREP, health and metrics; nil for none, 0 for any free one.
    package var ofrepPort: Int?
    package var ofrepHost = "127.0.0.1"
    /// A TCP port on all interfaces for health and metrics only; nil for none, 0 for any free one.
    package var probePort: Int?
    /// Nil: all interfaces, IPv6 and IPv4.
    package var probeHost: String?
    /// Whether `POST /explain/KEY` says why a lookup gets its answer, and `POST /explain?component=NAME`. It shows rules to whoever may look up, and
    /// takes many times as long as a lookup.
    package var allowsExplain = false
    /// Event loops. One answers hundreds of thousands of lookups a second.
    package var threads = 1
    /// How long a connection may stay without saying which protocol it speaks.
    package var undecidedTimeout: TimeAmount = .seconds(10)
    /// How long a request, once begun, may take to arrive.
    package var requestTimeout: TimeAmount = .seconds(30)
    /// How long an HTTP connection may stay between requests.
    package var idleTimeout: TimeAmount = .minutes(10)
    /// How long a graceful stop waits for answers to leave.
    package var stopTimeout: TimeAmount = .seconds(2)

    package init(socketPath: String) {
        self.socketPath = socketPath
    }
}
