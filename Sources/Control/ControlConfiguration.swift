/// Where a control node keeps its state and where it listens.
package struct ControlConfiguration: Sendable {
    /// Holds the store, the lock and, while it runs, `ports.json`. Made if it isn't there.
    package var dataDirectory: String
    /// An address to bind, or a name that resolves to one: every port is bound on it.
    package var host: String
    /// Operator API (HTTP). 0 takes a free one.
    package var apiPort: Int
    /// Deltas and heartbeats (PUB). 0 takes a free one.
    package var publishPort: Int
    /// Catch-up and reports (ROUTER). 0 takes a free one.
    package var syncPort: Int
    /// Allows plain text on an address that other machines reach.
    package var insecure: Bool
    package var historyKeep: HistoryKeep
    /// Where announcements are sent; nil for nowhere.
    package var webhook: WebhookSetting?
    /// Milliseconds after a report for which an agent is live. Only tests set it: where a machine is overrun agents stand
    /// still for seconds, and a release that needs them would be held by that.
    package var liveFor = Registry.usualLiveFor

    package static let defaultAPIPort = 7460
    package static let defaultPublishPort = 7461
    package static let defaultSyncPort = 7462

    package init(
        dataDirectory: String, host: String = "127.0.0.1", apiPort: Int = defaultAPIPort,
        publishPort: Int = defaultPublishPort, syncPort: Int = defaultSyncPort, insecure: Bool = false,
        historyKeep: HistoryKeep = .everything, webhook: WebhookSetting? = nil
    ) {
        self.dataDirectory = dataDirectory
        self.host = host
        self.apiPort = apiPort
        self.publishPort = publishPort
        self.syncPort = syncPort
        self.insecure = insecure
        self.historyKeep = historyKeep
        self.webhook = webhook
    }

    /// Takes what tests alone set, from the variables of the process.
    package mutating func takeTestVariables(_ variables: [String: String]) throws(ControlError) {
        guard let text = variables["PILOTLIGHT_TEST_LIVE_FOR"] else { return }
        // An agent that is silent for longer is gone: live to the last moment it would never be silent.
        guard let milliseconds = UInt64(text), (1...Registry.silentFor).contains(milliseconds) else {
            throw .unknownLiveTime(text)
        }
        liveFor = milliseconds
    }
}

/// The ports that a running control node really listens on.
package struct ControlPorts: Sendable, Hashable {
    package var api: Int
    package var publish: Int
    package var sync: Int
}
