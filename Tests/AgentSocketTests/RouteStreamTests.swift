import Agent
import AgentSocket
import Foundation
import Harness
import Testing

/// How a load balancer's bytes may come in, and what is done about those that may not.
@Suite struct RouteStreamTests {
    private static func exchange(_ agent: ServedAgent, _ pieces: [[UInt8]], isEnded: Bool = true) throws -> String {
        let socket = try BlockingSocket(agent.socket)
        for (index, piece) in pieces.enumerated() {
            try socket.send(piece)
            if index % 3 == 0 { try socket.waitUntilTaken() }
        }
        if isEnded { socket.endSending() }
        return try String(decoding: socket.receiveAll(), as: UTF8.self)
    }

    @Test func aRequestMayBeCutAtEveryByte() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let request = Array(
                "GET /route/checkout?cookie=id HTTP/1.1\r\nHost: x\r\nCookie: a=1; id=\"bob\"\r\nCookie: z=2\r\n\r\n"
                    .utf8)
            let whole = try Self.exchange(agent, [request])
            #expect(whole.contains("Pilotlight-Version: 1.1\r\nPilotlight-Upstream: green\r\n\r\n"))
            for cut in 1..<request.count {
                let text = try Self.exchange(agent, [Array(request[..<cut]), Array(request[cut...])])
                #expect(text == whole, "cut at \(cut)")
            }
        }
    }

    /// Pipelined questions, some of which are refused, among lookups: in order, and the connection goes on.
    @Test func pipelinedQuestionsAreAnsweredInOrder() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let kinds = [
                ("/route/checkout?header=u", "ann", "204 2.0-exp"), ("/route/checkout?header=u", "bob", "204 1.1"),
                ("/route/nowhere?header=u", "bob", "404"), ("/route/checkout?cookie=u", "bob", "204 new"),
                ("/route/plain?header=u", "", "204 7"), ("/route/plain", "", "400"),
            ]
            let count = 600
            var bytes: [UInt8] = []
            for number in 0..<count {
                let (path, user, _) = kinds[number % kinds.count]
                let last = number == count - 1 ? "Connection: close\r\n" : ""
                bytes += Array("GET \(path) HTTP/1.1\r\nHost: x\r\nU: \(user)\r\n\(last)\r\n".utf8)
            }
            let text = try Self.exchange(agent, [bytes], isEnded: false)
            let answers = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { answer in
                let status = answer.prefix(3)
                if answer.contains("Set-Cookie") { return "\(status) new" }
                let version = answer.firstMatch(of: /Pilotlight-Version: ([^\r]+)/).map { " \($0.1)" } ?? ""
                return status + version
            }
            #expect(answers == (0..<count).map { kinds[$0 % kinds.count].2 })
        }
    }

    @Test func hostileCookiesAreReadAsFarAsTheyGo() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            func version(_ headers: String) throws -> String {
                let request = "GET /route/checkout?cookie=id HTTP/1.1\r\nHost: x\r\n\(headers)\r\n"
                let text = try Self.exchange(agent, [Array(request.utf8)])
                if text.contains("Set-Cookie") { return "new" }
                return text.firstMatch(of: /Pilotlight-Version: ([^\r]+)/).map { String($0.1) }
                    ?? String(text.dropFirst("HTTP/1.1 ".count).prefix(3))
            }
            #expect(try version("Cookie: \(String(repeating: "x=y; ", count: 3_000))id=bob\r\n") == "1.1")
            #expect(try version("Cookie: \(String(repeating: ";", count: 15_000))\r\n") == "new")
            #expect(try version("Cookie: \(String(repeating: "id=;", count: 3_500))id=bob\r\n") == "1.1")
            #expect(try version("Cookie: \(String(repeating: "=", count: 15_000))id\r\n") == "new")
            #expect(try version((0..<90).map { "Cookie: c\($0)=1\r\n" }.joined() + "Cookie: id=bob\r\n") == "1.1")
            #expect(try version((0..<120).map { "Cookie: c\($0)=1\r\n" }.joined()) == "431")
            #expect(try version("Cookie: id=\(String(repeating: "b", count: 20_000))\r\n") == "431")
            // A long key is a key like another.
            let long = try version("Cookie: id=\(String(repeating: "b", count: 15_000))\r\n")
            #expect(long == "1.0" || long == "1.1")
            for none in ["ID=bob", "id", "=bob", "xid=bob", "id2=bob", "id\t", "\"id\"=bob", "id=\"\"", "x=id=bob"] {
                #expect(try version("Cookie: \(none)\r\n") == "new", "\(none)")
            }
            // No key of a group, but a key.
            for other in ["id=\"", "id=\"bob", "id=bob\"", "id=BOB", "id=b%6fb", "id= b ob "] {
                let version = try version("Cookie: \(other)\r\n")
                #expect(version == "1.0" || version == "1.1", "\(other)")
            }
            #expect(try version("Cookie: id=b\u{1}ob\r\n") == "400")
        }
    }

    /// Whoever asks and doesn't read is not read from.
    @Test func answersWaitForAReaderThatIsSlow() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let count = 6_000
            let padding = "X-Padding: \(String(repeating: "x", count: 1_000))\r\n"
            let one = Array("GET /route/checkout?cookie=id HTTP/1.1\r\nHost: x\r\n\(padding)\r\n".utf8)
            let answered = try SlowReader.answers(of: agent, to: one, count: count, marked: "HTTP/1.1 204")
            #expect(answered == count)
        }
    }
}
