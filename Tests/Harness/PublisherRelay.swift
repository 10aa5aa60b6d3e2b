import Foundation
import Synchronization

/// A TCP proxy on 127.0.0.1 that can pause, cut, delay, and take whole ZeroMQ messages out of the stream that comes from
/// the server.
package final class PublisherRelay: Sendable {
    package let port: Int
    private let listener: Int32
    private let control = Control()

    /// What the relay's threads do at the moment.
    fileprivate final class Control: Sendable {
        struct State {
            var isPaused = false
            var isCut = false
            var isEnded = false
            var delay: Duration = .zero
            /// Messages still to be dropped.
            var drops = 0
            var dropped = 0
            var carried = 0
            /// Only messages of which one frame passes this are dropped.
            var filter: (@Sendable ([UInt8]) -> Bool)?
            var connections: [Int32: Int32] = [:]
        }

        let state = Mutex(State())
        let condition = NSCondition()

        func change(_ body: (inout State) -> Void) {
            condition.lock()
            state.withLock { body(&$0) }
            condition.broadcast()
            condition.unlock()
        }

        /// Waits while paused. False when the relay has ended.
        func pass() -> Bool {
            condition.lock()
            defer { condition.unlock() }
            while state.withLock({ $0.isPaused && !$0.isEnded }) { condition.wait() }
            return state.withLock { !$0.isEnded }
        }

        /// Whether this message is to be taken out.
        func takes(_ frames: [[UInt8]]) -> Bool {
            state.withLock { state in
                guard state.drops > 0, state.filter.map({ frames.contains(where: $0) }) ?? true else { return false }
                state.drops -= 1
                state.dropped += 1
                return true
            }
        }
    }

    /// - Parameter receiveBuffer: bytes that the kernel holds for the relay on the server's side. A small one makes a
    ///   paused relay push back on the server soon.
    package init(to target: Int, receiveBuffer: Int32? = nil) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        port = try FreePort.next()
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = SocketAddress.loopback(port)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 64) == 0 else {
            throw HarnessError("relay can't listen: \(String(cString: strerror(errno)))")
        }
        let control = control
        Thread {
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                guard !control.state.withLock({ $0.isCut || $0.isEnded }) else {
                    close(client)
                    continue
                }
                Self.carry(client, to: target, receiveBuffer, control)
            }
        }.start()
    }

    deinit {
        control.change { $0.isEnded = true }
        for (client, server) in control.state.withLock({ $0.connections }) {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    // MARK: What it does to the network

    package func pause() { control.change { $0.isPaused = true } }

    package func cut() {
        control.change { state in
            state.isCut = true
            state.isPaused = false
            for (client, server) in state.connections {
                shutdown(client, Int32(SHUT_RDWR))
                shutdown(server, Int32(SHUT_RDWR))
            }
        }
    }

    package func heal() {
        control.change { state in
            state.isCut = false
            state.isPaused = false
            state.delay = .zero
        }
    }

    /// Holds back everything from the server for that long.
    package func delay(_ duration: Duration) { control.change { $0.delay = duration } }

    /// Takes the next `count` messages from the server out of the stream: those of which some frame passes `filter`.
    package func drop(_ count: Int, where filter: (@Sendable ([UInt8]) -> Bool)? = nil) {
        control.change {
            $0.drops = count
            $0.filter = filter
        }
    }

    /// Messages taken out so far.
    package var dropped: Int { control.state.withLock { $0.dropped } }

    /// Bytes that came through in both directions.
    package var carried: Int { control.state.withLock { $0.carried } }

    // MARK: Carrying

    private static func carry(_ client: Int32, to target: Int, _ receiveBuffer: Int32?, _ control: Control) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var receiveBuffer {
            setsockopt(server, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = SocketAddress.loopback(target)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(server)
            close(client)
            return
        }
        var one: Int32 = 1
        for descriptor in [client, server] {
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        control.change { $0.connections[client] = server }
        let pair = ConnectionPair(client: client, server: server) {
            control.change { $0.connections[client] = nil }
        }
        Thread { pump(from: client, to: server, pair, control, messages: nil) }.start()
        Thread { pump(from: server, to: client, pair, control, messages: ZMTPMessages()) }.start()
    }

    private static func pump(
        from source: Int32, to target: Int32, _ pair: ConnectionPair, _ control: Control, messages: ZMTPMessages?
    ) {
        defer { pair.end() }
        var messages = messages
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while control.pass() {
            let count = recv(source, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0, control.pass() else { return }
            control.state.withLock { $0.carried += count }
            var bytes = Array(buffer[..<count])
            if messages != nil {
                let delay = control.state.withLock { $0.delay }
                if delay > .zero {
                    let seconds = Double(delay.components.seconds) + Double(delay.components.attoseconds) / 1e18
                    Thread.sleep(forTimeInterval: seconds)
                }
                bytes = messages?.filter(bytes, taking: control.takes) ?? bytes
            }
            guard sendAll(target, bytes) else { return }
        }
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let count = send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}

/// Two sockets that end together; closed when both directions have ended.
private final class ConnectionPair: Sendable {
    private let client: Int32
    private let server: Int32
    private let open = Mutex(2)
    private let atEnd: @Sendable () -> Void

    init(client: Int32, server: Int32, atEnd: @escaping @Sendable () -> Void) {
        self.client = client
        self.server = server
        self.atEnd = atEnd
    }

    func end() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
        let left = open.withLock { open in
            open -= 1
            return open
        }
        guard left == 0 else { return }
        atEnd()
        close(client)
        close(server)
    }
}
