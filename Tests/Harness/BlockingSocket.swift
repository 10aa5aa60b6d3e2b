import Foundation

/// A connected stream socket for plain, blocking use. Every receive has a limit in time, so that no test hangs in one.
package final class BlockingSocket: Sendable {
    package let descriptor: Int32

    package init(_ endpoint: Endpoint, timeout: Duration = .seconds(120)) throws {
        let family =
            switch endpoint {
            case .tcp: AF_INET
            case .unix: AF_UNIX
            }
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HarnessError("no socket: \(String(cString: strerror(errno)))") }
        setTimeout(timeout)
        let result: Int32
        switch endpoint {
        case .tcp(let port):
            var address = SocketAddress.loopback(port)
            result = Self.connect(descriptor, &address)
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        case .unix(let path):
            var address = try SocketAddress.unix(path)
            result = Self.connect(descriptor, &address)
        }
        guard result == 0 else {
            // `deinit` runs on a throw, since every property is set.
            throw HarnessError("can't connect to \(endpoint): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// For `poll`; it stays this object's.
    package var fileDescriptor: Int32 { descriptor }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    package func setTimeout(_ timeout: Duration) {
        var value = timeval(
            tv_sec: Int(timeout.components.seconds),
            tv_usec: Int(timeout.components.attoseconds / 1_000_000_000_000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &value, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &value, size)
    }

    package func send(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let count = Foundation.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count > 0 {
                    sent += count
                } else if errno != EINTR {
                    throw HarnessError("send: \(String(cString: strerror(errno)))")
                }
            }
        }
    }

    /// Sends until the other side has taken nothing for `patience`, and gives how many of the bytes went out.
    package func send(_ bytes: [UInt8], untilBlockedFor patience: Duration) throws -> Int {
        let milliseconds = Int32(patience.components.seconds * 1_000)
        return try bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                let count = Foundation.send(descriptor, rest.baseAddress, rest.count, flags)
                if count > 0 {
                    sent += count
                    continue
                }
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    if poll(&writable, 1, milliseconds) == 0 { return sent }
                default: throw HarnessError("send: \(String(cString: strerror(errno)))")
                }
            }
            return sent
        }
    }

    /// Returns once the other side has read everything that was sent: what comes next comes by itself.
    package func waitUntilTaken() throws {
        var unread: Int32 = 1
        while true {
            guard ioctl(descriptor, UInt(TIOCOUTQ), &unread) == 0 else {
                throw HarnessError("unread bytes: \(String(cString: strerror(errno)))")
            }
            if unread == 0 { return }
            usleep(100)
        }
    }

    /// What is there, at least one byte; empty at the end. Throws when nothing comes in time.
    package func receive(atMost limit: Int = 64 << 10) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = 0
            while true {
                let received = recv(descriptor, buffer.baseAddress, limit, 0)
                if received >= 0 {
                    count = received
                    return
                }
                guard errno == EINTR else {
                    failure = errno
                    return
                }
            }
        }
        guard failure == 0 else {
            throw HarnessError(
                failure == EAGAIN ? "nothing came in time" : "receive: \(String(cString: strerror(failure)))")
        }
        return bytes
    }
}
