import CZeroMQ
import Glibc

/// A socket of libzmq. It belongs to the thread that made it, for life: it is neither copyable nor Sendable.
///
/// Nothing here waits: sending and receiving say when they can't, and waiting is `PollSet`'s.
package struct ZMQSocket: ~Copyable {
    package enum Kind: Sendable {
        case pub, sub, xpub, router, dealer, pair

        var code: Int32 {
            switch self {
            case .pub: ZMQ_PUB
            case .sub: ZMQ_SUB
            case .xpub: ZMQ_XPUB
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .pair: ZMQ_PAIR
            }
        }
    }

    package enum SendResult: Sendable, Hashable {
        case sent
        /// The peer's queue is full, or there is no peer. Nothing of the message was sent.
        case wouldBlock
        /// A ROUTER with `routerMandatory` knows no peer of that routing id.
        case unreachable
    }

    package enum ReceiveResult: Sendable, Hashable {
        case message([[UInt8]])
        /// More frames than the caller allows: dropped. The first of them, for a ROUTER the peer's id.
        case refused(firstFrame: [UInt8], frames: Int)
        case nothing
    }

    let handle: UnsafeMutableRawPointer
    let context: ZMQContext
    /// The reading end of libzmq's own event socket.
    var monitorHandle: UnsafeMutableRawPointer?

    package init(_ kind: Kind, in context: ZMQContext, options: [ZMQOption] = []) throws(ZMQError) {
        // A function of its own: a value without copies may not be half made where an error leaves.
        handle = try Self.open(kind, in: context, options: options)
        self.context = context
        monitorHandle = nil
    }

    private static func open(
        _ kind: Kind, in context: ZMQContext, options: [ZMQOption]
    ) throws(ZMQError) -> UnsafeMutableRawPointer {
        guard let handle = zmq_socket(context.handle, kind.code) else { throw ZMQError.last("open a \(kind) socket") }
        for option in options {
            do throws(ZMQError) {
                try option.set(on: handle)
            } catch {
                zmq_close(handle)
                throw error
            }
        }
        return handle
    }

    deinit {
        if let monitorHandle {
            // In this order: libzmq's I/O thread blocks for ever on an event that nobody can read.
            zmq_socket_monitor(handle, nil, 0)
            zmq_close(monitorHandle)
        }
        zmq_close(handle)
    }

    package func set(_ option: ZMQOption) throws(ZMQError) { try option.set(on: handle) }

    /// Listens; port 0 or `*` takes a free one, which `lastEndpoint` then names.
    package func bind(_ endpoint: String) throws(ZMQError) {
        guard zmq_bind(handle, endpoint) == 0 else { throw ZMQError.last("bind", endpoint: endpoint) }
    }

    /// Connects, and reconnects for as long as the socket lives. Succeeds whether or not anybody listens there yet.
    package func connect(_ endpoint: String) throws(ZMQError) {
        guard zmq_connect(handle, endpoint) == 0 else { throw ZMQError.last("connect", endpoint: endpoint) }
    }

    package func disconnect(_ endpoint: String) throws(ZMQError) {
        guard zmq_disconnect(handle, endpoint) == 0 else { throw ZMQError.last("disconnect", endpoint: endpoint) }
    }

    package func unbind(_ endpoint: String) throws(ZMQError) {
        guard zmq_unbind(handle, endpoint) == 0 else { throw ZMQError.last("unbind", endpoint: endpoint) }
    }

    /// The endpoint that the last bind or connect really took, as in `tcp://127.0.0.1:40123`.
    package var lastEndpoint: String {
        get throws(ZMQError) {
            var length = 512
            var text = [CChar](repeating: 0, count: length)
            guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &length) == 0 else {
                throw ZMQError.last("read ZMQ_LAST_ENDPOINT")
            }
            return String(decoding: text.prefix(max(0, length - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// The TCP port of `lastEndpoint`.
    package var boundPort: UInt16 {
        get throws(ZMQError) {
            let endpoint = try lastEndpoint
            guard let colon = endpoint.lastIndex(of: ":"), let port = UInt16(endpoint[endpoint.index(after: colon)...])
            else { throw ZMQError("read a TCP port from", endpoint: endpoint, code: EINVAL) }
            return port
        }
    }

    // MARK: Sending

    /// Sends one message of one or more frames, whole or not at all, without waiting.
    package func send(_ frames: [[UInt8]]) throws(ZMQError) -> SendResult {
        var failed: SendResult?
        for (index, frame) in frames.enumerated() {
            let more = index + 1 < frames.count
            let result = try sendResult(frame.withUnsafeBytes { transmit($0, more: more) })
            guard result != .sent else { continue }
            // On the first frame nothing was begun. Later it means that the connection died in the middle: libzmq then
            // took the beginning back and swallows the rest up to the last frame, which therefore has to be given to it.
            failed = result
            if index == 0 { break }
        }
        return failed ?? .sent
    }

    /// Sends one frame without waiting. With `more`, the message ends with a later call.
    package func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) throws(ZMQError) -> SendResult {
        try sendResult(transmit(bytes, more: more))
    }

    /// Zero, or the errno.
    private func transmit(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Int32 {
        while zmq_send(handle, bytes.baseAddress, bytes.count, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0 {
            let code = zmq_errno()
            if code != EINTR { return code }
        }
        return 0
    }

    private func sendResult(_ code: Int32) throws(ZMQError) -> SendResult {
        switch code {
        case 0: .sent
        case EAGAIN: .wouldBlock
        case EHOSTUNREACH: .unreachable
        default: throw ZMQError("send", endpoint: try? lastEndpoint, code: code)
        }
    }

    /// Would a message be taken now? Looks at connections that came or went this very moment, too, which `send` does only
    /// about once a millisecond.
    package var canSend: Bool {
        var events: Int32 = 0
        var length = MemoryLayout<Int32>.size
        return zmq_getsockopt(handle, ZMQ_EVENTS, &events, &length) == 0 && events & ZMQ_POLLOUT != 0
    }

    // MARK: Receiving

    /// Takes one whole message, if one is there. Bytes are bounded by `maximumMessageSize`, frames by `maximumFrames`.
    package func receive(maximumFrames: Int = 16) throws(ZMQError) -> ReceiveResult {
        try Self.receive(from: handle, maximumFrames: maximumFrames)
    }

    static func receive(from handle: UnsafeMutableRawPointer, maximumFrames: Int) throws(ZMQError) -> ReceiveResult {
        var frames: [[UInt8]] = []
        var count = 0
        var message = zmq_msg_t()
        while true {
            zmq_msg_init(&message)
            defer { zmq_msg_close(&message) }
            guard zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) >= 0 else {
                switch zmq_errno() {
                case EINTR: continue
                // A message arrives whole: only its first frame can be missing.
                case EAGAIN: return .nothing
                default: throw ZMQError.last("receive")
                }
            }
            count += 1
            if count <= maximumFrames {
                let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))
                frames.append([UInt8](bytes))
            }
            if zmq_msg_more(&message) == 0 { break }
        }
        guard count <= maximumFrames else { return .refused(firstFrame: frames.first ?? [], frames: count) }
        return .message(frames)
    }
}
