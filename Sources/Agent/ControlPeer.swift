import Replication
import ZeroMQ

/// One control node as seen by the link's thread: the subscription, and the socket for requests, replies and reports.
final class ControlPeer {
    let host: String
    let subscription: ZMQSocket
    let sync: ZMQSocket
    var subscriptionEntry: PollSet.Entry?
    var syncEntry: PollSet.Entry?
    var subscriptionMonitor: PollSet.Entry?
    var syncMonitor: PollSet.Entry?
    var isSyncConnected = false
    var hasBeenConnected = false
    /// Said once until a connection stands: what refuses us is tried again several times a second.
    var hasSaidHandshakeFailed = false

    init(host: String, configuration: AgentConfiguration, routingID: [UInt8], in context: ZMQContext) throws(ZMQError) {
        self.host = host
        let isIPv6 = AgentConfiguration.isIPv6(host)
        // Subscribe first: what is published while the first catch-up runs is then kept, not missed.
        var subscription = try ZMQSocket(
            .sub, in: context,
            options: Self.options(isIPv6: isIPv6) + [
                .linger(0),
                // What may pile up while one transaction is written. Beyond it TCP pushes back, and control's own limit
                // drops for this agent alone, which finds the hole and heals it.
                .receiveHighWaterMark(4_000),
                // One prefix: after a reconnect, bulk subscriptions can get lost at the high-water mark (libzmq #4064).
                .subscribe(Wire.topic(of: configuration.environment)),
            ])
        try subscription.startMonitor()
        try subscription.connect(AgentConfiguration.endpoint(host: host, port: configuration.publishPort))
        self.subscription = subscription
        var sync = try ZMQSocket(
            .dealer, in: context,
            options: Self.options(isIPv6: isIPv6) + [
                // Long enough for a goodbye to go out, short enough for a stop.
                .linger(500),
                // Only to a connection that stands: a request that waits for one has timed out when it arrives.
                .immediate(true),
                // One request at a time and a report now and then: a full queue means a control node that doesn't read.
                .sendHighWaterMark(100),
                .receiveHighWaterMark(100),
                .routingID(routingID),
            ])
        try sync.startMonitor()
        try sync.connect(AgentConfiguration.endpoint(host: host, port: configuration.syncPort))
        self.sync = sync
    }

    private static func options(isIPv6: Bool) -> [ZMQOption] {
        [
            .ipv6(isIPv6),
            // A peer that vanished without a word (cable, freeze) is found dead within seconds, and connected to anew.
            .heartbeatInterval(1_000), .heartbeatTimeout(5_000), .heartbeatTimeToLive(5_000),
            // Nothing that control sends is larger: whoever sends more is no control node.
            .maximumMessageSize(Wire.maximumMessageBytes),
            // Something else may listen on that port, and accept without ever speaking.
            .handshakeInterval(5_000), .connectTimeout(3_000),
            // libzmq adds up to one interval at random and doubles up to the maximum: a fleet doesn't come back at once.
            .reconnectInterval(100), .reconnectIntervalMaximum(2_000),
        ]
    }

    /// False when it couldn't go out: no connection, or a control node that doesn't read.
    func send(_ environment: String, _ body: SyncRequest.Body) -> Bool {
        let frames = [SyncRequest(environment: environment, body).encoded()]
        // The connection may stand since an instant ago.
        return (try? sync.send(frames)) == .sent || (sync.canSend && (try? sync.send(frames)) == .sent)
    }
}
