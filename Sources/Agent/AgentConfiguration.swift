import Outbound

/// What a sidecar agent is started with.
package struct AgentConfiguration: Sendable {
    /// Hosts of control nodes, without ports; IPv6 addresses with or without brackets.
    package var controlHosts: [String]
    package var publishPort: UInt16
    package var syncPort: UInt16
    package var environment: String
    /// Holds the cache, the agent's id and its lock. Made if it isn't there.
    package var dataDirectory: String
    /// As shown in the fleet; nil for `HOSTNAME` or `HOSTNAME-SERVICE`.
    package var name: String?
    package var service: String
    package var serviceVersion: String
    /// Where that service's health is asked; nil: it isn't.
    package var health: HTTPAddress?
    /// How long its answer may take.
    package var healthTimeout: Duration
    /// Waits for the disk at each commit: then not even a power loss takes back what was answered from.
    package var syncEachCommit: Bool
    /// Without a heartbeat for so long, answers are marked as stale.
    package var staleAfter: Duration

    package init(
        controlHosts: [String] = ["127.0.0.1"], publishPort: UInt16 = 7461, syncPort: UInt16 = 7462,
        environment: String = "production", dataDirectory: String, name: String? = nil, service: String = "",
        serviceVersion: String = "", health: HTTPAddress? = nil, healthTimeout: Duration = .seconds(2),
        syncEachCommit: Bool = false, staleAfter: Duration = .seconds(5)
    ) {
        self.controlHosts = controlHosts
        self.publishPort = publishPort
        self.syncPort = syncPort
        self.environment = environment
        self.dataDirectory = dataDirectory
        self.name = name
        self.service = service
        self.serviceVersion = serviceVersion
        self.health = health
        self.healthTimeout = healthTimeout
        self.syncEachCommit = syncEachCommit
        self.staleAfter = staleAfter
    }

    /// `tcp://HOST:PORT`, with brackets around an IPv6 address.
    static func endpoint(host: String, port: UInt16) -> String {
        isIPv6(host) && !host.hasPrefix("[") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
    }

    /// A literal IPv6 address: nothing else in a host holds a colon.
    static func isIPv6(_ host: String) -> Bool { host.contains(":") }
}
