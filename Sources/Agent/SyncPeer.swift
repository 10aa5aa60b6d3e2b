import Replication
import ZeroMQ

/// One control node as the sync lane sees it: the socket for requests, replies, reports and urgent kills.
final class SyncPeer {
    let host: String
    let socket: ZMQSocket
    var entry: PollSet.Entry?
    var monitor: PollSet.Entry?
    var isConnected = false
    /// Said once until a connection stands: what refuses us is tried again several times a second.
    var hasSaidHandshakeFailed = false

    init(host: String, configuration: AgentConfiguration, routingID: [UInt8], in context: ZMQContext) throws(ZMQError) {
        self.host = host
        var socket = try ZMQSocket(
            .dealer, in: context,
            options: ControlPeer.options(host: host) + [
                // Long enough for a goodbye to go out, short enough for a stop.
                .linger(500),
                // Only to a connection that stands: a request that waits for one has timed out when it arrives.
                .immediate(true),
                // One request at a time and a report now and then: a full queue means a control node that doesn't read.
                .sendHighWaterMark(100),
                .receiveHighWaterMark(100),
                .routingID(routingID),
            ])
        try socket.startMonitor()
        try socket.connect(AgentConfiguration.endpoint(host: host, port: configuration.syncPort))
        self.socket = socket
    }

    /// What can't go out (no connection, a control node that doesn't read) is asked again when it has timed out, or when
    /// the connection stands.
    func send(_ environment: String, _ body: SyncRequest.Body) {
        let frames = [SyncRequest(environment: environment, body).encoded()]
        if (try? socket.send(frames)) == .sent { return }
        // The connection may stand since an instant ago.
        if socket.canSend { _ = try? socket.send(frames) }
    }
}
