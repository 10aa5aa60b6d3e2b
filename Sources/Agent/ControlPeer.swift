import Replication
import ZeroMQ

/// One control node as the link's thread sees it: the subscription, and whether the sync lane is connected to it.
final class ControlPeer {
    let host: String
    let subscription: ZMQSocket
    var subscriptionEntry: PollSet.Entry?
    var subscriptionMonitor: PollSet.Entry?
    var isSyncConnected = false
    var hasBeenConnected = false
    /// Said once until a connection stands: what refuses us is tried again several times a second.
    var hasSaidHandshakeFailed = false

    init(host: String, configuration: AgentConfiguration, in context: ZMQContext) throws(ZMQError) {
        self.host = host
        var subscription = try ZMQSocket(
            .sub, in: context,
            options: Self.options(host: host) + [
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
    }

    /// Of both sockets to one control node.
    static func options(host: String) -> [ZMQOption] {
        [
            .ipv6(AgentConfiguration.isIPv6(host)),
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
}
