import AgentSocket
import Foundation
import Harness
import NIOCore
import Testing

/// How bytes may come in over HTTP, and what is done about those that may not.
@Suite struct HTTPStreamTests {
    private static func post(_ key: String, _ body: String, _ headers: String = "") -> String {
        "POST /ofrep/v1/evaluate/flags/\(key) HTTP/1.1\r\nHost: x\r\n"
            + "\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Sends `text`, ends the sending side, and gives all that comes back.
    private static func exchange(_ agent: ServedAgent, _ pieces: [String], ends: Bool = true) throws -> String {
        let socket = try BlockingSocket(agent.socket)
        for piece in pieces { try socket.send(Array(piece.utf8)) }
        if ends { socket.endSending() }
        return try String(decoding: socket.receiveAll(), as: UTF8.self)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await serving { agent in
            let keys = (0..<500).map { ["on-off", "ten", "nowhere", "tiered"][$0 % 4] }
            var all = keys.map { Self.post($0, #"{"context":{"tier":"gold"}}"#) }
            all[499] = Self.post(keys[499], #"{"context":{"tier":"gold"}}"#, "Connection: close\r\n")
            let text = try Self.exchange(agent, [all.joined()], ends: false)
            let answered = text.matches(of: /"key":"([^"]+)"/).map { String($0.1) }
            #expect(answered == keys)
        }
    }

    /// Thousands of large answers asked for at once must not pile up: whoever doesn't read is not read from.
    @Test func answersWaitForAReaderThatIsSlow() async throws {
        try await serving { agent in
            let count = 5_000
            let answered = try SlowReader.answers(
                of: agent, to: Array(Self.post("", "").utf8), count: count, marked: "HTTP/1.1 200 OK\r\n")
            #expect(answered == count)
        }
    }

    @Test func aRequestMayBeCutAtEveryByte() async throws {
        try await serving { agent in
            let request = Self.post("tiered", #"{"context":{"tier":"gold"}}"#)
            let whole = try Self.exchange(agent, [request]).withoutStaleness
            #expect(whole.hasSuffix(#""value":"yes"}"#))
            for cut in 1..<request.utf8.count {
                let bytes = Array(request.utf8)
                let socket = try BlockingSocket(agent.socket)
                try socket.send(Array(bytes[..<cut]))
                if cut % 3 == 0 { try socket.waitUntilTaken() }
                try socket.send(Array(bytes[cut...]))
                socket.endSending()
                let text = try String(decoding: socket.receiveAll(), as: UTF8.self).withoutStaleness
                #expect(text == whole, "cut at \(cut)")
            }
        }
    }

    @Test func chunkedBodiesAreRead() async throws {
        try await serving { agent in
            let text = try Self.exchange(
                agent,
                [
                    "POST /ofrep/v1/evaluate/flags/tiered HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "10\r\n{\"context\":{\"tie\r\n", "b\r\nr\":\"gold\"}}\r\n", "0\r\n\r\n",
                ])
            #expect(text.hasSuffix(#""value":"yes"}"#))
        }
    }

    @Test func connectionsAreKeptOrClosedAsAsked() async throws {
        try await serving { agent in
            let closing = try Self.exchange(agent, [Self.post("ten", "", "Connection: close\r\n")], ends: false)
            #expect(closing.contains("Connection: close\r\n"))
            let old = try Self.exchange(
                agent, ["POST /ofrep/v1/evaluate/flags/ten HTTP/1.0\r\nContent-Length: 0\r\n\r\n"], ends: false)
            #expect(old.contains("10.0"))
            let connection = HTTPConnection(agent.socket)
            for _ in 0..<3 {
                let answer = try connection.request("POST", "/ofrep/v1/evaluate/flags/ten", body: [])
                #expect(answer.headers["connection"] == nil)
            }
        }
    }

    /// Java's client offers an upgrade to h2c with every first request; the connection must go on as HTTP/1.1.
    @Test func anOfferedUpgradeIsPassedOver() async throws {
        try await serving { agent in
            let offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
            let socket = try BlockingSocket(agent.socket)
            var text = ""
            for (requests, answers) in [
                (Self.post("tiered", #"{"context":{"tier":"gold"}}"#, offer) + Self.post("ten", ""), 2),
                (Self.post("whole", "", offer), 3), (Self.post("on-off", ""), 4),
            ] {
                try socket.send(Array(requests.utf8))
                while text.components(separatedBy: "}").count - 1 < answers {
                    text += try String(decoding: socket.receive(), as: UTF8.self)
                }
            }
            #expect(text.matches(of: /"key":"([^"]+)"/).map { String($0.1) } == ["tiered", "ten", "whole", "on-off"])
            #expect(text.contains(#""value":"yes""#))
        }
    }

    @Test func whoWaitsForContinueIsTold() async throws {
        try await serving { agent in
            let socket = try BlockingSocket(agent.socket)
            let body = #"{"context":{"tier":"gold"}}"#
            let head = "POST /ofrep/v1/evaluate/flags/tiered HTTP/1.1\r\nExpect: 100-continue\r\n"
            try socket.send(Array((head + "Content-Length: \(body.utf8.count)\r\n\r\n").utf8))
            #expect(try String(decoding: socket.receive(), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
            try socket.send(Array(body.utf8))
            let answer = try String(decoding: socket.receive(), as: UTF8.self)
            #expect(answer.hasSuffix(#""value":"yes"}"#))
        }
    }

    @Test func bodiesThatAreTooLongAreRefused() async throws {
        try await serving(configure: { $0.ofrepPort = 0 }) { agent in
            let said = try Self.exchange(
                agent, ["POST /ofrep/v1/evaluate/flags/ten HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n"], ends: false)
            #expect(said.hasPrefix("HTTP/1.1 413 "))
            #expect(said.contains(#""errorCode":"GENERAL""#))
            // Really sent, over TCP, where a hasty close would take the answer with it.
            let body = [UInt8](repeating: 0x20, count: 3 << 20)
            let answer = try HTTPConnection.request(
                .tcp(#require(agent.addresses.ofrepPort)), "POST", "/ofrep/v1/evaluate/flags/ten", body: body)
            #expect(answer.status == 413)
            // The longest that is taken.
            let most = [UInt8](repeating: 0x20, count: (1 << 20) - 2) + Array("{}".utf8)
            let taken = try HTTPConnection.request(
                agent.socket, "POST", "/ofrep/v1/evaluate/flags/ten", body: most)
            #expect(taken.status == 200)
        }
    }

    @Test func headersThatAreTooLongAreRefused() async throws {
        try await serving { agent in
            let long = "GET /healthz HTTP/1.1\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n"
            let tooLong = try Self.exchange(agent, [long], ends: false)
            #expect(tooLong.hasPrefix("HTTP/1.1 431 "))
            let many = (0..<200).map { "X-\($0): 1\r\n" }.joined()
            let tooMany = try Self.exchange(agent, ["GET /healthz HTTP/1.1\r\n\(many)\r\n"], ends: false)
            #expect(tooMany.hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test(arguments: [
        "GET\r\n\r\n", "GARBAGE\u{1}\u{2} /x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "hello\r\n", "\u{1}",
    ])
    func garbageIsAnsweredAndClosed(bytes: String) async throws {
        try await serving { agent in
            let text = try Self.exchange(agent, [bytes], ends: false)
            #expect(text.hasPrefix("HTTP/1.1 400 ") || text.hasPrefix("HTTP/1.1 505 "))
            #expect(try agent.ofrep("ten").status == 200)
        }
    }

    @Test func whoNeverSaysAnythingIsClosed() async throws {
        try await serving(configure: { $0.undecidedTimeout = .milliseconds(200) }) { agent in
            let silent = try Self.exchange(agent, [], ends: false)
            #expect(silent == "")
        }
        try await serving(configure: { $0.requestTimeout = .seconds(2) }) { agent in
            // A head that never ends, and a body that never comes.
            #expect(try Self.exchange(agent, ["POST /ofrep/v1/ev"], ends: false) == "")
            let slow = try Self.exchange(
                agent, ["POST /ofrep/v1/evaluate/flags/ten HTTP/1.1\r\nContent-Length: 5\r\n\r\n{"], ends: false)
            #expect(slow.hasPrefix("HTTP/1.1 408 "))
        }
    }
}

extension String {
    /// Without the one header that differs from answer to answer.
    var withoutStaleness: String { replacing(/Pilotlight-Staleness-Ms: \d+\r\n/, with: "") }
}

extension BlockingSocket {
    func endSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Everything until the peer closes.
    func receiveAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try receive()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }
}
