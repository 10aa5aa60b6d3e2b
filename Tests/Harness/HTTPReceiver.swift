import Foundation
import Synchronization

/// An HTTP server for tests: on 127.0.0.1 or on a Unix socket, a thread for each connection, one request on each. What it
/// answers is decided request by request; it can die and come back at the same place.
package final class HTTPReceiver: Sendable {
    package struct Request: Sendable {
        package var method: String
        package var path: String
        /// Names in lower case.
        package var headers: [String: String]
        package var body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    package enum Answer: Sendable {
        case status(Int)
        /// With further header lines.
        case fields(Int, [String])
        /// Keeps the connection and says nothing, until the receiver dies.
        case silence
        /// Breaks off at once.
        case end
        case raw(String)
        /// The same, and then silence.
        case part(String)
    }

    /// The number of the request, from 0, and the request.
    package typealias Handler = @Sendable (Int, Request) -> Answer

    package let endpoint: Endpoint
    private let handler: Handler
    private let state = Mutex(State())

    private struct State {
        var requests: [Request] = []
        var listener: Int32?
        var connections: Set<Int32> = []
    }

    /// - Parameter endpoint: a free port unless given.
    package init(at endpoint: Endpoint? = nil, _ handler: @escaping Handler = { _, _ in .status(204) }) throws {
        self.endpoint = try endpoint ?? .tcp(FreePort.next())
        self.handler = handler
        try start()
    }

    deinit { stop() }

    /// As http or http+unix.
    package var url: String {
        switch endpoint {
        case .tcp(let port): "http://127.0.0.1:\(port)/hook"
        case .unix(let path): "http+unix://\(path.replacing("/", with: "%2F"))/hook"
        }
    }

    /// All that came, in order.
    package var requests: [Request] { state.withLock { $0.requests } }

    package var connections: Int { state.withLock { $0.connections.count } }

    /// Listens, again after a stop.
    package func start() throws {
        let descriptor: Int32
        switch endpoint {
        case .tcp(let port):
            descriptor = try Self.socket(AF_INET)
            var address = SocketAddress.loopback(port)
            try Self.bind(descriptor, &address)
        case .unix(let path):
            unlink(path)
            descriptor = try Self.socket(AF_UNIX)
            var address = try SocketAddress.unix(path)
            try Self.bind(descriptor, &address)
        }
        guard listen(descriptor, 64) == 0 else { throw HarnessError("listen: \(String(cString: strerror(errno)))") }
        state.withLock { $0.listener = descriptor }
        Thread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                guard let receiver = self, receiver.state.withLock({ $0.listener == descriptor }) else {
                    close(connection)
                    return
                }
                receiver.state.withLock { _ = $0.connections.insert(connection) }
                Thread { [weak receiver] in receiver?.serve(connection) }.start()
            }
        }.start()
    }

    /// Dies: refuses new connections, breaks off those that there are.
    package func stop() {
        let (listener, connections) = state.withLock { state in
            defer { state.listener = nil }
            return (state.listener, state.connections)
        }
        if let listener {
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    // MARK: One connection

    private func serve(_ connection: Int32) {
        defer {
            state.withLock { _ = $0.connections.remove(connection) }
            close(connection)
        }
        guard let request = Self.read(connection) else { return }
        let index = state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        switch handler(index, request) {
        case .status(let status): Self.write(connection, Self.head(status, []))
        case .fields(let status, let fields): Self.write(connection, Self.head(status, fields))
        case .raw(let text): Self.write(connection, text)
        case .part(let text):
            Self.write(connection, text)
            _ = Self.receive(connection)
        case .silence: _ = Self.receive(connection)
        case .end: break
        }
    }

    private static func head(_ status: Int, _ fields: [String]) -> String {
        let lines = ["HTTP/1.1 \(status) Answer", "Content-Length: 0", "Connection: close"] + fields
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let place = bytes.firstRange(of: end) {
                let head = String(decoding: bytes[..<place.lowerBound], as: UTF8.self).split(separator: "\r\n")
                let words = head.first?.split(separator: " ") ?? []
                guard words.count == 3 else { return nil }
                let fields = head.dropFirst().compactMap { line -> (String, String)? in
                    guard let colon = line.firstIndex(of: ":") else { return nil }
                    return (
                        line[..<colon].lowercased(),
                        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                    )
                }
                var request = Request(
                    method: String(words[0]), path: String(words[1]),
                    headers: Dictionary(fields) { first, _ in first }, body: Array(bytes[place.upperBound...]))
                let length = request.headers["content-length"].flatMap { Int($0) } ?? 0
                while request.body.count < length {
                    let more = receive(connection)
                    guard !more.isEmpty else { return nil }
                    request.body += more
                }
                return request
            }
            let more = receive(connection)
            guard !more.isEmpty else { return nil }
            bytes += more
        }
    }

    /// Empty at the end.
    private static func receive(_ connection: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = max(0, recv(connection, buffer.baseAddress, buffer.count, 0))
        }
    }

    private static func write(_ connection: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func socket(_ family: Int32) throws -> Int32 {
        let descriptor = Foundation.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HarnessError("no socket: \(String(cString: strerror(errno)))") }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) throws {
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw HarnessError("bind: \(String(cString: strerror(errno)))")
        }
    }
}
