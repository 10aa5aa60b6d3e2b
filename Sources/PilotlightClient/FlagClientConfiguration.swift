/// Where a client finds its agent, and its limits.
public struct FlagClientConfiguration: Sendable, Hashable {
    /// The agent's Unix socket, its `--socket`; at most 107 bytes long.
    public var socketPath: String
    /// How long a lookup may take that says nothing else. When it is over, the caller's default is the answer.
    public var lookupDeadline: Duration
    /// How many lookups may be in flight. One beyond that gets its default at once. Lookups whose deadline has passed
    /// count until the agent has answered them or the connection is lost.
    public var maximumInFlight: Int

    /// - Parameters:
    ///   - socketPath: the agent's `--socket`.
    ///   - lookupDeadline: for lookups that give none.
    ///   - maximumInFlight: from 1 to 1,000,000; what is outside is taken for the nearest of the two.
    public init(
        socketPath: String = "/run/pilotlight/agent.sock", lookupDeadline: Duration = .milliseconds(250),
        maximumInFlight: Int = 4_096
    ) {
        self.socketPath = socketPath
        self.lookupDeadline = lookupDeadline
        self.maximumInFlight = min(max(maximumInFlight, 1), 1_000_000)
    }
}
