import Foundation
import JSON

/// An HTTP answer, read whole.
package struct HTTPAnswer: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }

    package func header(_ name: String) -> String? { headers[name.lowercased()] }
    /// The body as JSON; null where it is none.
    package var json: JSONValue { JSONReader.read(body, maximumBytes: 1 << 30).value ?? .null }
}

/// A minimal HTTP/1.1 client over TCP or a Unix socket: blocking, one request at a time, the connection kept.
/// It knows nothing of what the product uses, so that both can't be wrong in the same way.
package final class HTTPConnection {
    private let endpoint: Endpoint
    private let timeout: Duration
    private var socket: BlockingSocket?
    private var unread: [UInt8] = []

    package init(_ endpoint: Endpoint, timeout: Duration = .seconds(120)) {
        self.endpoint = endpoint
        self.timeout = timeout
    }

    /// One request on a connection of its own.
    package static func request(
        _ endpoint: Endpoint, _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil,
        timeout: Duration = .seconds(120)
    ) throws -> HTTPAnswer {
        try HTTPConnection(endpoint, timeout: timeout).request(method, path, headers: headers, body: body)
    }

    package func request(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil
    ) throws -> HTTPAnswer {
        let connection = try self.socket ?? BlockingSocket(endpoint, timeout: timeout)
        self.socket = nil
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(headers["Host"] ?? "localhost")\r\n"
        for (name, value) in headers where name != "Host" { head += "\(name): \(value)\r\n" }
        if body != nil, headers["Content-Type"] == nil { head += "Content-Type: application/json\r\n" }
        if method != "GET" || body != nil { head += "Content-Length: \(body?.count ?? 0)\r\n" }
        try connection.send(Array((head + "\r\n").utf8) + (body ?? []))
        let answer = try read(connection, isHead: method == "HEAD")
        if answer.headers["connection"]?.lowercased() != "close" { self.socket = connection }
        return answer
    }

    // MARK: Reading

    private func read(_ connection: BlockingSocket, isHead: Bool) throws -> HTTPAnswer {
        var lines = [try line(connection)]
        while let last = lines.last, !last.isEmpty { lines.append(try line(connection)) }
        let parts = lines[0].split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            throw HarnessError("\(endpoint): no HTTP answer but \"\(lines[0])\"")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                .trimmingCharacters(in: .whitespaces)
        }
        if status == 100 { return try read(connection, isHead: isHead) }
        var body: [UInt8] = []
        if isHead || status == 204 || status == 304 {
        } else if headers["transfer-encoding"]?.lowercased() == "chunked" {
            while true {
                let size = Int(try line(connection).prefix { $0 != ";" }, radix: 16) ?? 0
                body += try take(size, connection)
                _ = try line(connection)
                if size == 0 { break }
            }
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            body = try take(length, connection)
        } else {
            headers["connection"] = "close"
            while true {
                let more = try connection.receive()
                if more.isEmpty { break }
                unread += more
            }
            body = unread
            unread = []
        }
        return HTTPAnswer(status: status, headers: headers, body: body)
    }

    private func fill(_ connection: BlockingSocket) throws {
        let more = try connection.receive()
        guard !more.isEmpty else { throw HarnessError("\(endpoint): the connection ended within an answer") }
        unread += more
    }

    private func line(_ connection: BlockingSocket) throws -> String {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                let bytes = unread[..<end]
                let line = String(decoding: bytes.last == 0x0D ? bytes.dropLast() : bytes, as: UTF8.self)
                unread.removeSubrange(...end)
                return line
            }
            try fill(connection)
        }
    }

    private func take(_ count: Int, _ connection: BlockingSocket) throws -> [UInt8] {
        while unread.count < count { try fill(connection) }
        let bytes = Array(unread[..<count])
        unread.removeFirst(count)
        return bytes
    }
}
