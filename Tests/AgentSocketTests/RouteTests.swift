import Agent
import AgentSocket
import Flags
import Foundation
import Harness
import JSON
import Testing

/// `GET /route/COMPONENT`: what a load balancer is told.
@Suite struct RouteTests {
    private static func get(_ path: String, _ headers: String...) -> [UInt8] {
        Array(("GET \(path) HTTP/1.1\r\nHost: x\r\n" + headers.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
    }

    /// All that comes back to these bytes when nothing follows them.
    private static func exchange(_ agent: ServedAgent, _ bytes: [UInt8]) throws -> String {
        let socket = try BlockingSocket(agent.socket)
        try socket.send(bytes)
        socket.endSending()
        return try String(decoding: socket.receiveAll(), as: UTF8.self)
    }

    @Test func theAnswerIsExactlyThis() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let state = "Pilotlight-Epoch: 3.a1b2c3d4e5f60718\r\nPilotlight-Revision: 42\r\nPilotlight-Stale: true\r\n"
            let bob = try Self.exchange(agent, Self.get("/route/checkout?header=X-User", "x-user: bob"))
            #expect(
                bob
                    == "HTTP/1.1 204 No Content\r\n\(state)Pilotlight-Version: 1.1\r\nPilotlight-Upstream: green\r\n\r\n"
            )
            let ann = try Self.exchange(agent, Self.get("/route/checkout?header=X-User", "X-USER: ann"))
            #expect(ann == "HTTP/1.1 204 No Content\r\n\(state)Pilotlight-Version: 2.0-exp\r\n\r\n", "no upstream")
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var path: String
        var headers: [String] = []
        var version: String
        var upstream: String?
        var testDescription: String { "\(path) \(headers)" }
    }

    static let cases: [Case] = [
        // In two version pilots: the first in the component's list wins.
        Case(path: "checkout?header=u", headers: ["U: ann"], version: "2.0-exp"),
        Case(path: "checkout?header=u", headers: ["U: bob"], version: "1.1", upstream: "green"),
        // A pilot group of a retired version.
        Case(path: "checkout?header=u", headers: ["U: vera"], version: "1.0", upstream: "blue"),
        // No targeting key.
        Case(path: "checkout?header=u", version: "1.0", upstream: "blue"),
        Case(path: "checkout?header=u", headers: ["U:"], version: "1.0", upstream: "blue"),
        Case(path: "checkout?header=u", headers: ["U:   "], version: "1.0", upstream: "blue"),
        // The first line of the name counts.
        Case(path: "checkout?header=u", headers: ["V: ann", "U: bob", "u: ann"], version: "1.1", upstream: "green"),
        Case(path: "checkout?header=U%2dser", headers: ["u-ser:   bob \t"], version: "1.1", upstream: "green"),
        Case(path: "%63heckout?cookie=id", headers: ["Cookie: id=bob"], version: "1.1", upstream: "green"),
        Case(path: "checkout?cookie=id&secure=1", headers: ["Cookie: id=bob"], version: "1.1", upstream: "green"),
        Case(
            path: "checkout?secure=0&&cookie=id#x", headers: ["COOKIE: a=1; id=\"bob\""], version: "1.1",
            upstream: "green"),
        Case(
            path: "checkout?cookie=id", headers: ["Cookie: id=; x=y", "Cookie: z; id = bob ;"], version: "1.1",
            upstream: "green"),
        Case(
            path: "checkout?cookie=__Host-id&secure=1", headers: ["Cookie: __Host-id=bob"], version: "1.1",
            upstream: "green"),
        Case(path: "checkout?cookie=a%2Bb", headers: ["Cookie: a+b=bob"], version: "1.1", upstream: "green"),
        Case(path: "plain?header=u", version: "7", upstream: "10.0.0.7:8080"),
    ]

    @Test(arguments: cases) func eachGetsItsVersion(_ wanted: Case) async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let request = "GET /route/\(wanted.path) HTTP/1.1\r\nHost: x\r\n"
            let text = try Self.exchange(
                agent, Array((request + wanted.headers.map { $0 + "\r\n" }.joined() + "\r\n").utf8))
            let lines = text.components(separatedBy: "\r\n")
            #expect(lines.first == "HTTP/1.1 204 No Content")
            #expect(lines.filter { $0.hasPrefix("Pilotlight-Version") } == ["Pilotlight-Version: \(wanted.version)"])
            #expect(
                lines.filter { $0.hasPrefix("Pilotlight-Upstream") }
                    == (wanted.upstream.map { ["Pilotlight-Upstream: \($0)"] } ?? []))
            #expect(!text.contains("Set-Cookie") && !text.contains("Targeting-Key") && !text.contains("Content-"))
        }
    }

    static let refusals: [(String, Int, String)] = [
        ("/route/checkout", 400, "where the targeting key stands"),
        ("/route/checkout?", 400, "where the targeting key stands"),
        ("/route/checkout#?header=x", 400, "where the targeting key stands"),
        ("/route/checkout?header=a&cookie=b", 400, "header and cookie"),
        ("/route/checkout?header=a&header=a", 400, "header twice"),
        ("/route/checkout?cookie=a&cookie=b", 400, "cookie twice"),
        ("/route/checkout?cookie=a&secure=1&secure=1", 400, "secure twice"),
        ("/route/checkout?header=", 400, "header= has no name"),
        ("/route/checkout?cookie", 400, "cookie= has no name"),
        ("/route/checkout?header=a%20b", 400, #""a b" can't name a header"#),
        ("/route/checkout?header=a%0d%0ab", 400, "can't name a header"),
        ("/route/checkout?cookie=a%3Db", 400, #""a=b" can't name a cookie"#),
        ("/route/checkout?cookie=a%3B", 400, "can't name a cookie"),
        ("/route/checkout?cookie=%C3%A9", 400, #""é" can't name a cookie"#),
        ("/route/checkout?cookie=%FF", 400, "not percent-encoded"),
        ("/route/checkout?cookie=%4", 400, "not percent-encoded"),
        ("/route/checkout?header=\(String(repeating: "n", count: 257))", 400, "257 bytes"),
        ("/route/checkout?cookie=a&secure=yes", 400, "secure=yes"),
        ("/route/checkout?header=a&secure=1", 400, "cookie that is given"),
        ("/route/checkout?cookie=__Host-id", 400, "&secure=1"),
        ("/route/checkout?cookie=__SECURE-id&secure=0", 400, "&secure=1"),
        ("/route/checkout?cookie=a&max-age=3", 400, #""max-age" is not known"#),
        ("/route/?header=u", 400, "no component"),
        ("/route/%FF?header=u", 400, "not percent-encoded"),
        ("/route/nowhere?header=u", 404, #"there is no component "nowhere""#),
        ("/route/nowhere?cookie=u", 404, #"there is no component "nowhere""#),
        ("/route/on-off?header=u", 404, #"there is no component "on-off""#),
        ("/route/%01checkout?header=u", 404, "there is no component"),
        ("/route/checkout/?header=u", 404, "there is no component"),
        ("/route?header=u", 404, "nothing is served"),
    ]

    @Test(arguments: refusals)
    func refusalsSayWhy(path: String, status: Int, words: String) async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let answer = try ServedComponents.ask(agent, path)
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.json["detail"]?.stringValue?.contains(words) == true, "\(answer.text)")
            #expect(answer.json["hint"]?.stringValue?.isEmpty == false)
            #expect(answer.headers["pilotlight-revision"] == "42")
            #expect(answer.headers["set-cookie"] == nil && answer.headers["pilotlight-version"] == nil)
            let head = try ServedComponents.ask(agent, path, method: "HEAD")
            #expect(head.status == status && head.body.isEmpty)
        }
    }

    @Test func otherMethodsAreRefused() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            for path in ["/route/checkout?header=u", "/route/checkout", "/route/nowhere?cookie=u"] {
                let answer = try ServedComponents.ask(agent, path, method: "POST")
                #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD")
                #expect(answer.headers["set-cookie"] == nil)
            }
            let head = try ServedComponents.ask(agent, "/route/checkout?header=u", method: "HEAD", ["U": "bob"])
            #expect(head.status == 204 && head.headers["pilotlight-upstream"] == "green")
        }
    }

    // MARK: Visitors without a key

    @Test(arguments: [false, true])
    func whoHasNoCookieIsGivenAKeyThatLasts(isSecure: Bool) async throws {
        let snapshot = try ServedComponents.snapshot()
        try await serving(snapshot) { agent in
            let path = "/route/checkout?cookie=visitor" + (isSecure ? "&secure=1" : "")
            var keys: Set<String> = []
            var versions: Set<String> = []
            for number in 0..<200 {
                let headers = [[:], ["Cookie": "other=1"], ["Cookie": "visitor="], ["Cookie": #"visitor="""#]][
                    number % 4]
                let first = try ServedComponents.ask(agent, path, headers)
                #expect(first.status == 204)
                let key = try #require(first.headers["pilotlight-targeting-key"])
                #expect(key.wholeMatch(of: /[A-Za-z0-9_-]{21}[AQgw]/) != nil, "\(key)")
                let attributes = "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
                #expect(first.headers["set-cookie"] == "visitor=\(key); \(attributes)")
                let version = try #require(first.headers["pilotlight-version"])
                #expect(version == ServedComponents.version(for: key, in: snapshot))
                let second = try ServedComponents.ask(agent, path, ["Cookie": "visitor=\(key)"])
                #expect(second.headers["pilotlight-version"] == version)
                #expect(second.headers["set-cookie"] == nil && second.headers["pilotlight-targeting-key"] == nil)
                keys.insert(key)
                versions.insert(version)
            }
            #expect(keys.count == 200 && versions == ["1.0", "1.1"])
        }
    }

    // MARK: One evaluator

    @Test func aKillHoldsDuringASplit() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            for (number, kill) in [(43, "1.0"), (44, "2.0-exp"), (45, nil)] as [(UInt64, String?)] {
                let snapshot = try ServedComponents.snapshot(number: number, kill: kill)
                agent.live.swap(to: snapshot, changed: .everything)
                for user in ["ann", "bob"] + (0..<50).map({ "user-\($0)" }) {
                    let answer = try ServedComponents.ask(agent, "/route/checkout?header=u", ["U": user])
                    let version = answer.headers["pilotlight-version"]
                    #expect(version == kill ?? ServedComponents.version(for: user, in: snapshot))
                    #expect(answer.headers["pilotlight-revision"] == "\(number)")
                }
            }
        }
    }

    @Test func withoutConfirmedStateItIsNotReady() async throws {
        try await serving(ServedAgent.unconfirmed) { agent in
            for path in ["/route/checkout?header=u", "/route/checkout?cookie=u"] {
                let answer = try ServedComponents.ask(agent, path)
                #expect(answer.status == 503 && answer.headers["set-cookie"] == nil)
                #expect(answer.json["detail"]?.stringValue?.contains("no confirmed state") == true)
            }
            #expect(try ServedComponents.ask(agent, "/route/checkout").status == 400)
        }
    }

    @Test func metricsCountIt() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            for path in ["checkout?header=u", "plain?header=u", "plain?header=u", "nowhere?header=u", "plain"] {
                _ = try ServedComponents.ask(agent, "/route/\(path)")
            }
            let lines = Set(try ServedComponents.ask(agent, "/metrics").text.split(separator: "\n").map(String.init))
            for line in [
                #"{protocol="route",reason="DEFAULT",error_code=""} 1"#,
                #"{protocol="route",reason="STATIC",error_code=""} 2"#,
                #"{protocol="route",reason="ERROR",error_code="FLAG_NOT_FOUND"} 1"#,
                #"{protocol="route",reason="ERROR",error_code="PARSE_ERROR"} 1"#,
                #"{protocol="ofrep",reason="STATIC",error_code=""} 0"#,
            ] {
                #expect(lines.contains("pilotlight_lookups_total\(line)"), "\(line)")
            }
        }
    }

    @Test func onTheLoopbackPortTooAndOnTheProbePortNot() async throws {
        try await serving(
            ServedComponents.snapshot(),
            configure: {
                $0.ofrepPort = 0
                $0.probePort = 0
            },
            { agent in
                let path = "/route/checkout?header=u"
                let loopback = Endpoint.tcp(try #require(agent.addresses.ofrepPort))
                let answer = try HTTPConnection.request(loopback, "GET", path, headers: ["U": "bob"])
                #expect(answer.status == 204 && answer.headers["pilotlight-version"] == "1.1")
                let probe = Endpoint.tcp(try #require(agent.addresses.probePort))
                #expect(try HTTPConnection.request(probe, "GET", path).status == 404)
            })
    }
}
