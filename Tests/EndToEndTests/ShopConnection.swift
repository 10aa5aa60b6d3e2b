import Foundation
import Harness

/// One visit's answer: which side of the shop served it, and which version that side was told.
struct ShopAnswer {
    var side: String
    /// Nil when the load balancer had no answer of the agent's.
    var version: String?
    /// The targeting key that the side was told; empty for none.
    var user = ""
    /// Those that the browser is to keep.
    var cookies: [(name: String, value: String)]
}

/// A browser's connection to the shop: plain HTTP/1.1 over TCP, kept open.
final class ShopConnection {
    private let port: Int
    private var socket: BlockingSocket?

    init(_ port: Int) { self.port = port }

    /// - Throws: whatever isn't a whole answer with status 200; the next visit takes a new connection.
    func visit(as user: String?, cookies: [String: String]) throws -> ShopAnswer {
        let socket = try self.socket ?? BlockingSocket(.tcp(port))
        self.socket = nil
        var request = "GET / HTTP/1.1\r\nHost: shop\r\n"
        if let user { request += "X-User: \(user)\r\n" }
        if !cookies.isEmpty { request += "Cookie: \(cookies.map { "\($0)=\($1)" }.joined(separator: "; "))\r\n" }
        try socket.send(Array((request + "\r\n").utf8))

        var bytes: [UInt8] = []
        while true {
            let more = try socket.receive()
            guard !more.isEmpty else { throw HarnessError("the shop closed the connection within an answer") }
            bytes += more
            guard let answer = try Self.answer(bytes) else { continue }
            if !answer.isLast { self.socket = socket }
            return answer.shop
        }
    }

    /// Nil as long as some of it is missing.
    private static func answer(_ bytes: [UInt8]) throws -> (shop: ShopAnswer, isLast: Bool)? {
        let text = String(decoding: bytes, as: UTF8.self).utf8
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        var length: Int?
        var isLast = false
        var shop = ShopAnswer(side: "", version: nil, cookies: [])
        guard lines.count > 1, let status = lines.popFirst().map(line) else { return nil }
        while let next = lines.popFirst().map(line), !next.isEmpty {
            guard !lines.isEmpty else { return nil }
            let parts = next.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw HarnessError("no header: \(next)") }
            let value = parts[1].drop { $0 == " " }
            switch parts[0].lowercased() {
            case "content-length": length = Int(value)
            case "connection": isLast = value == "close"
            case "shop-user": shop.user = String(value)
            case "set-cookie":
                let pair = value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
                guard pair.count == 2 else { throw HarnessError("no cookie: \(value)") }
                shop.cookies.append((pair[0], pair[1]))
            default: break
            }
        }
        guard let bodyStart = lines.first?.startIndex else { return nil }
        let body = text[bodyStart...]
        guard let length else { throw HarnessError("an answer without a length: \(text)") }
        guard body.count >= length else { return nil }
        guard status.split(separator: " ").dropFirst().first == "200" else {
            throw HarnessError("\(status): \(String(body) ?? "")")
        }
        // As side.py says it: green, told version 1.1
        let words = line(body.dropLast()).split(separator: " ")
        guard words.count == 4, words[0].last == "," else { throw HarnessError("not the shop: \(String(body) ?? "")") }
        shop.side = String(words[0].dropLast())
        shop.version = words[3] == "none" ? nil : String(words[3])
        return (shop, isLast)
    }

    private static func line(_ bytes: Substring.UTF8View) -> String {
        String(Substring(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes))
    }
}
