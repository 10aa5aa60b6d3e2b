import CZeroMQ
import Glibc

/// What became of a socket's connections, from libzmq's monitor.
package struct SocketEvent: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The peers have shaken hands: messages flow.
        case connected
        case disconnected
        /// The connection stood, but the other side speaks no ZeroMQ or refused us.
        case handshakeFailed(reason: String)
    }

    package var kind: Kind
    package var endpoint: String
}

extension ZMQSocket {
    /// Starts to collect events. To be called before `bind` or `connect`, and `nextEvent` often afterwards.
    ///
    /// The reading end is connected here, before any event can occur: libzmq 4.3.4 blocks in its first event otherwise.
    package mutating func startMonitor() throws(ZMQError) {
        guard monitorHandle == nil else { return }
        let endpoint = "inproc://monitor-\(UInt(bitPattern: handle))"
        let events =
            ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard zmq_socket_monitor(handle, endpoint, events) == 0 else { throw ZMQError.last("monitor a socket") }
        guard let reader = zmq_socket(context.handle, ZMQ_PAIR) else {
            zmq_socket_monitor(handle, nil, 0)
            throw ZMQError.last("open a pair socket")
        }
        // No limit: libzmq's I/O thread would wait for a reader that is late, and all sockets with it.
        var unlimited: Int32 = 0
        guard zmq_setsockopt(reader, ZMQ_RCVHWM, &unlimited, MemoryLayout<Int32>.size) == 0,
            zmq_connect(reader, endpoint) == 0
        else {
            let error = ZMQError.last("connect", endpoint: endpoint)
            zmq_socket_monitor(handle, nil, 0)
            zmq_close(reader)
            throw error
        }
        monitorHandle = reader
    }

    /// The next event that occurred, if any.
    package func nextEvent() throws(ZMQError) -> SocketEvent? {
        guard let monitorHandle else { return nil }
        while case .message(let frames) = try ZMQSocket.receive(from: monitorHandle, maximumFrames: 2) {
            // Frame 1: event (16 bits) and value (32 bits), in the machine's order; frame 2: endpoint.
            guard frames.count == 2, frames[0].count >= 6 else { continue }
            let (event, value) = frames[0].withUnsafeBytes {
                (Int32($0.loadUnaligned(as: UInt16.self)), $0.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
            }
            guard let kind = Self.kind(of: event, value: value) else { continue }
            return SocketEvent(kind: kind, endpoint: String(decoding: frames[1], as: UTF8.self))
        }
        return nil
    }

    private static func kind(of event: Int32, value: UInt32) -> SocketEvent.Kind? {
        switch event {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: .connected
        case ZMQ_EVENT_DISCONNECTED: .disconnected
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            .handshakeFailed(reason: String(cString: strerror(Int32(bitPattern: value))))
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            .handshakeFailed(reason: "the peer doesn't keep to the protocol (0x\(String(value, radix: 16)))")
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: .handshakeFailed(reason: "the peer refused our key (status \(value))")
        default: nil
        }
    }
}
