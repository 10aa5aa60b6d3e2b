import CZeroMQ

/// The socket options that Pilotlight sets; what each is for, and its default, is in zmq_setsockopt(3). Times are in
/// milliseconds. Options count for binds and connects that follow.
package enum ZMQOption: Sendable, Hashable {
    /// How long a closed socket may go on sending; 0 drops at once, -1 waits for ever.
    case linger(Int32)
    /// Messages queued for each peer before PUB drops and DEALER would block; 0 is no limit.
    case sendHighWaterMark(Int32)
    case receiveHighWaterMark(Int32)
    /// A ping on each connection that often.
    case heartbeatInterval(Int32)
    /// How long after a ping silence counts as a dead connection.
    case heartbeatTimeout(Int32)
    /// How long the peer may wait for us before it counts the connection dead.
    case heartbeatTimeToLive(Int32)
    /// Bytes of one frame; a peer that sends more is disconnected. -1 is no limit.
    case maximumMessageSize(Int64)
    case handshakeInterval(Int32)
    case connectTimeout(Int32)
    /// Pause before a reconnect; libzmq adds up to as much again at random.
    case reconnectInterval(Int32)
    /// Doubles the pause after each failure up to this; 0 doesn't double.
    case reconnectIntervalMaximum(Int32)
    /// Queue only for connections that stand.
    case immediate(Bool)
    /// What a ROUTER knows this socket by: 1 to 255 bytes, not beginning with 0.
    case routingID([UInt8])
    /// A ROUTER says when a peer is unknown, instead of dropping.
    case routerMandatory(Bool)
    /// A ROUTER gives a routing id to the newest connection that claims it.
    case routerHandover(Bool)
    /// Prefix of the first frame; empty for all.
    case subscribe([UInt8])
    case unsubscribe([UInt8])
    case ipv6(Bool)
    /// An XPUB shows every subscription, not only those to new topics.
    case xpubVerbose(Bool)
    /// Pending connections of a bound socket.
    case backlog(Int32)

    func set(on handle: UnsafeMutableRawPointer) throws(ZMQError) {
        switch self {
        case .linger(let value): try set(handle, ZMQ_LINGER, "ZMQ_LINGER", value)
        case .sendHighWaterMark(let value): try set(handle, ZMQ_SNDHWM, "ZMQ_SNDHWM", value)
        case .receiveHighWaterMark(let value): try set(handle, ZMQ_RCVHWM, "ZMQ_RCVHWM", value)
        case .heartbeatInterval(let value): try set(handle, ZMQ_HEARTBEAT_IVL, "ZMQ_HEARTBEAT_IVL", value)
        case .heartbeatTimeout(let value): try set(handle, ZMQ_HEARTBEAT_TIMEOUT, "ZMQ_HEARTBEAT_TIMEOUT", value)
        case .heartbeatTimeToLive(let value): try set(handle, ZMQ_HEARTBEAT_TTL, "ZMQ_HEARTBEAT_TTL", value)
        case .maximumMessageSize(let value):
            try check(
                withUnsafeBytes(of: value) { Self.call(handle, ZMQ_MAXMSGSIZE, $0) }, "ZMQ_MAXMSGSIZE", "\(value)")
        case .handshakeInterval(let value): try set(handle, ZMQ_HANDSHAKE_IVL, "ZMQ_HANDSHAKE_IVL", value)
        case .connectTimeout(let value): try set(handle, ZMQ_CONNECT_TIMEOUT, "ZMQ_CONNECT_TIMEOUT", value)
        case .reconnectInterval(let value): try set(handle, ZMQ_RECONNECT_IVL, "ZMQ_RECONNECT_IVL", value)
        case .reconnectIntervalMaximum(let value):
            try set(handle, ZMQ_RECONNECT_IVL_MAX, "ZMQ_RECONNECT_IVL_MAX", value)
        case .immediate(let value): try set(handle, ZMQ_IMMEDIATE, "ZMQ_IMMEDIATE", value ? 1 : 0)
        case .routingID(let value): try set(handle, ZMQ_ROUTING_ID, "ZMQ_ROUTING_ID", value)
        case .routerMandatory(let value): try set(handle, ZMQ_ROUTER_MANDATORY, "ZMQ_ROUTER_MANDATORY", value ? 1 : 0)
        case .routerHandover(let value): try set(handle, ZMQ_ROUTER_HANDOVER, "ZMQ_ROUTER_HANDOVER", value ? 1 : 0)
        case .subscribe(let value): try set(handle, ZMQ_SUBSCRIBE, "ZMQ_SUBSCRIBE", value)
        case .unsubscribe(let value): try set(handle, ZMQ_UNSUBSCRIBE, "ZMQ_UNSUBSCRIBE", value)
        case .ipv6(let value): try set(handle, ZMQ_IPV6, "ZMQ_IPV6", value ? 1 : 0)
        case .xpubVerbose(let value): try set(handle, ZMQ_XPUB_VERBOSE, "ZMQ_XPUB_VERBOSE", value ? 1 : 0)
        case .backlog(let value): try set(handle, ZMQ_BACKLOG, "ZMQ_BACKLOG", value)
        }
    }

    private func set(
        _ handle: UnsafeMutableRawPointer, _ option: Int32, _ name: String, _ value: Int32
    ) throws(ZMQError) {
        try check(withUnsafeBytes(of: value) { Self.call(handle, option, $0) }, name, "\(value)")
    }

    private func set(
        _ handle: UnsafeMutableRawPointer, _ option: Int32, _ name: String, _ value: [UInt8]
    ) throws(ZMQError) {
        try check(value.withUnsafeBytes { Self.call(handle, option, $0) }, name, "\(value.count) bytes")
    }

    private static func call(
        _ handle: UnsafeMutableRawPointer, _ option: Int32, _ bytes: UnsafeRawBufferPointer
    ) -> Int32 {
        zmq_setsockopt(handle, option, bytes.baseAddress, bytes.count)
    }

    private func check(_ result: Int32, _ name: String, _ value: String) throws(ZMQError) {
        guard result == 0 else { throw ZMQError.last("set \(name) to \(value)") }
    }
}
