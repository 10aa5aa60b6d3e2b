import Replication
import ZeroMQ

/// The two sockets that agents connect to, with their options. Owned by the hub's thread.
final class HubSockets {
    let publisher: ZMQSocket
    let router: ZMQSocket

    init(address: ListenAddress, publishPort: Int, syncPort: Int, in context: ZMQContext) throws {
        publisher = try Self.bind(
            .pub,
            [
                // Messages queued for each agent before PUB drops for that one: a second or so of the heaviest load. A
                // slow agent finds its gap and catches up; the others don't notice. (Never ZMQ_XPUB_NODROP: one slow
                // subscriber would stall all, libzmq #4469.)
                .sendHighWaterMark(4_000),
                // What is queued at a stop may still go out; an agent that is gone holds nothing up for longer.
                .linger(300),
                // Subscribers send subscriptions and nothing else.
                .maximumMessageSize(64 << 10),
            ], address, publishPort, in: context)
        router = try Self.bind(
            .router,
            [
                // An agent asks for one chunk and waits for it: more than a few replies are never queued for one.
                .sendHighWaterMark(256),
                .receiveHighWaterMark(1_000),
                .linger(0),
                .maximumMessageSize(Wire.maximumMessageBytes),
                // An agent that lost its connection claims its place with the new one, before the old has timed out.
                .routerHandover(true),
                // Replies to peers that are gone are reported, and so not counted as sent.
                .routerMandatory(true),
            ], address, syncPort, in: context)
    }

    private static func bind(
        _ kind: ZMQSocket.Kind, _ options: [ZMQOption], _ address: ListenAddress, _ port: Int, in context: ZMQContext
    ) throws -> ZMQSocket {
        let socket = try ZMQSocket(
            kind, in: context,
            options: options + [
                // A dead or frozen peer is noticed within seconds, so that its queue is let go of.
                .heartbeatInterval(1_000), .heartbeatTimeout(5_000), .heartbeatTimeToLive(5_000),
                // Who connects and says nothing is dropped.
                .handshakeInterval(5_000),
                // Every agent reconnects at once after a restart.
                .backlog(1_024),
                .ipv6(address.isIPv6),
            ])
        do {
            try socket.bind(address.endpoint(port: port))
        } catch {
            throw ControlError.binding(address: address.endpoint(port: port), reason: error.reason)
        }
        return socket
    }
}
