import Agent
import AgentSocket
import Foundation
import Harness
import JSON
import Testing

@Suite struct OFREPTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var path: String
        var body: String
        var status = 200
        var answer: String
        var testDescription: String { "\(path) \(body)" }
    }

    static let cases: [Case] = [
        Case(path: "on-off", body: "", answer: #"{"key":"on-off","reason":"STATIC","variant":"on","value":true}"#),
        Case(path: "on-off", body: "{}", answer: #"{"key":"on-off","reason":"STATIC","variant":"on","value":true}"#),
        Case(
            path: "on-off", body: #"{"context":null}"#,
            answer: #"{"key":"on-off","reason":"STATIC","variant":"on","value":true}"#),
        Case(
            path: "greeting", body: #"{"context":{}}"#,
            answer: #"{"key":"greeting","reason":"STATIC","variant":"a","value":"hello","metadata":{"owner":"web"}}"#),
        Case(path: "whole", body: "", answer: #"{"key":"whole","reason":"STATIC","variant":"few","value":3}"#),
        Case(path: "share", body: "", answer: #"{"key":"share","reason":"STATIC","variant":"none","value":0.0}"#),
        Case(path: "ten", body: "", answer: #"{"key":"ten","reason":"STATIC","variant":"ten","value":10.0}"#),
        Case(
            path: "shape", body: "",
            answer: #"{"key":"shape","reason":"STATIC","variant":"o","value":{"z":[1,10.0],"a":null}}"#),
        Case(path: "sleeping", body: "", answer: #"{"key":"sleeping","reason":"DISABLED","variant":null}"#),
        Case(path: "undecided", body: "", answer: #"{"key":"undecided","reason":"DEFAULT","variant":null}"#),
        Case(
            path: "tiered", body: #"{"context":{"tier":"gold"}}"#,
            answer: #"{"key":"tiered","reason":"TARGETING_MATCH","variant":"on","value":"yes"}"#),
        Case(
            path: "tiered", body: #"{"context":{"tier":"tin"}}"#,
            answer: #"{"key":"tiered","reason":"DEFAULT","variant":"off","value":"no"}"#),
        Case(
            path: "for-ann", body: #"{"context":{"targetingKey":"ann"}}"#,
            answer: #"{"key":"for-ann","reason":"TARGETING_MATCH","variant":"on","value":true}"#),
        Case(
            path: "a/b%20c", body: "", answer: #"{"key":"a/b c","reason":"STATIC","variant":"on","value":true}"#),
        Case(
            path: "a%2Fb%20c?x=1", body: "", answer: #"{"key":"a/b c","reason":"STATIC","variant":"on","value":true}"#),
    ]

    @Test(arguments: cases) func answersAreExactly(_ wanted: Case) async throws {
        try await serving { agent in
            let answer = try agent.ofrep(wanted.path, wanted.body)
            #expect(answer.status == wanted.status)
            #expect(answer.text == wanted.answer)
            #expect(answer.headers["content-type"] == "application/json")
        }
    }

    static let refusals: [(String, String, Int, String)] = [
        ("nothing-there", "", 404, "FLAG_NOT_FOUND"),
        ("on-off", "{", 400, "PARSE_ERROR"),
        ("on-off", "[]", 400, "PARSE_ERROR"),
        ("on-off", #"{"context":[]}"#, 400, "INVALID_CONTEXT"),
        ("on-off", #"{"context":"ann"}"#, 400, "INVALID_CONTEXT"),
        ("on-off", #"{"context":{"targetingKey":7}}"#, 400, "INVALID_CONTEXT"),
        ("stray", "", 400, "GENERAL"),
        ("on%ZZoff", "", 400, "PARSE_ERROR"),
        ("on%FFoff", "", 400, "PARSE_ERROR"),
    ]

    @Test(arguments: refusals)
    func refusalsCarryCodeAndDetails(path: String, body: String, status: Int, code: String) async throws {
        try await serving { agent in
            let answer = try agent.ofrep(path, body)
            #expect(answer.status == status)
            #expect(answer.json["errorCode"] == .string(code))
            #expect(answer.json["errorDetails"]?.stringValue?.isEmpty == false)
            #expect(answer.headers["pilotlight-revision"] == "42")
        }
    }

    @Test func everyAnswerBearsRevisionAndStaleness() async throws {
        try await serving { agent in
            let unheard = try agent.ofrep("on-off")
            #expect(unheard.headers["pilotlight-stale"] == "true")
            #expect(unheard.headers["pilotlight-staleness-ms"] == nil)
            agent.heard(42)
            let answers = try [
                agent.ofrep("on-off"), agent.ofrep("nothing-there"), agent.ofrep(""),
                HTTPConnection.request(agent.socket, "GET", "/healthz"),
                HTTPConnection.request(agent.socket, "GET", "/nowhere"),
                HTTPConnection.request(agent.socket, "PUT", "/ofrep/v1/evaluate/flags/x"),
            ]
            for answer in answers {
                #expect(answer.headers["pilotlight-epoch"] == "3.a1b2c3d4e5f60718")
                #expect(answer.headers["pilotlight-revision"] == "42")
                #expect(answer.headers["pilotlight-stale"] == "false")
                #expect(answer.headers["pilotlight-staleness-ms"].flatMap { Int($0) } != nil)
            }
        }
    }

    @Test func withoutConfirmedStateLookupsSaySoAtOnce() async throws {
        try await serving(ServedAgent.unconfirmed) { agent in
            let one = try agent.ofrep("on-off")
            #expect(one.status == 400)
            #expect(one.json["errorCode"] == "PROVIDER_NOT_READY")
            let all = try agent.ofrep("")
            #expect(all.status == 400)
            #expect(all.json["errorCode"] == "PROVIDER_NOT_READY")
            #expect(try HTTPConnection.request(agent.socket, "GET", "/healthz").status == 200)
            #expect(try HTTPConnection.request(agent.socket, "GET", "/readyz").status == 503)
            try agent.live.swap(to: ServedAgent.snapshot(number: 0, flags: []), changed: .everything)
            #expect(try HTTPConnection.request(agent.socket, "GET", "/readyz").status == 200)
            #expect(try agent.ofrep("on-off").status == 404)
        }
    }

    @Test func bulkAnswersEveryFlagAndKnowsItsTag() async throws {
        try await serving { agent in
            let gold = #"{"context":{"tier":"gold"}}"#
            let first = try agent.ofrep("", gold)
            #expect(first.status == 200)
            let flags = try #require(first.json["flags"]?.arrayValue)
            #expect(flags.compactMap { $0["key"]?.stringValue } == ServedAgent.flags.map(\.0).sorted())
            #expect(flags.first { $0["key"] == "tiered" }?["value"] == "yes")
            #expect(flags.first { $0["key"] == "stray" }?["errorCode"] == "GENERAL")
            let tag = try #require(first.headers["etag"])

            func status(_ body: String, _ tag: String) throws -> Int {
                try agent.ofrep("", body, headers: ["If-None-Match": tag]).status
            }
            #expect(try status(gold, tag) == 304)
            #expect(try status(gold, "\"x\", W/\(tag)") == 304)
            #expect(try status(gold, "\"x\"") == 200)
            #expect(try status(#"{"context":{"tier":"tin"}}"#, tag) == 200)
            let withoutSlash = try HTTPConnection.request(
                agent.socket, "POST", "/ofrep/v1/evaluate/flags", body: Array(gold.utf8))
            #expect(withoutSlash.body == first.body)
            try agent.live.swap(to: ServedAgent.snapshot(number: 43), changed: .flags(["on-off"]))
            #expect(try status(gold, tag) == 200)
        }
    }

    @Test func otherPathsAndMethodsAreRefusedWithHelp() async throws {
        try await serving { agent in
            let nowhere = try HTTPConnection.request(agent.socket, "GET", "/nowhere")
            #expect(nowhere.status == 404)
            #expect(nowhere.headers["content-type"] == "application/problem+json")
            #expect(nowhere.json["hint"]?.stringValue != nil)
            let get = try HTTPConnection.request(agent.socket, "GET", "/ofrep/v1/evaluate/flags/on-off")
            #expect(get.status == 405)
            #expect(get.headers["allow"] == "POST")
            let post = try HTTPConnection.request(agent.socket, "POST", "/metrics", body: [])
            #expect(post.status == 405)
            #expect(post.headers["allow"] == "GET, HEAD")
            let head = try HTTPConnection.request(agent.socket, "HEAD", "/healthz")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers["content-length"].flatMap { Int($0) } ?? 0 > 0)
        }
    }

    @Test func loopbackPortAnswersTheSameAndTheProbePortNoLookups() async throws {
        try await serving(configure: { configuration in
            configuration.ofrepPort = 0
            configuration.probePort = 0
        }) { agent in
            let ofrep = Endpoint.tcp(try #require(agent.addresses.ofrepPort))
            let probe = Endpoint.tcp(try #require(agent.addresses.probePort))
            let path = "/ofrep/v1/evaluate/flags/on-off"
            let answer = try HTTPConnection.request(ofrep, "POST", path, body: Array("{}".utf8))
            #expect(answer.text == #"{"key":"on-off","reason":"STATIC","variant":"on","value":true}"#)
            #expect(try HTTPConnection.request(ofrep, "GET", "/healthz").status == 200)
            #expect(try HTTPConnection.request(probe, "POST", path, body: []).status == 404)
            #expect(try HTTPConnection.request(probe, "GET", "/readyz").status == 200)
        }
    }

    @Test func healthAndMetricsTellTheState() async throws {
        try await serving { agent in
            agent.heard(45)
            _ = try agent.ofrep("on-off")
            _ = try agent.ofrep("nothing-there")
            try agent.live.swap(to: ServedAgent.snapshot(number: 44), changed: .flags(["on-off"]))
            let health = try HTTPConnection.request(agent.socket, "GET", "/healthz").json
            #expect(health["revision"]?["number"] == 44)
            #expect(health["revision"]?["epoch"]?["id"] == "a1b2c3d4e5f60718")
            #expect(health["lag"] == 1)
            #expect(health["environment"] == "production")
            #expect(health["quarantined"] == ["flag:broken"])
            #expect(health["entries"] == .integer(Int64(ServedAgent.flags.count)))
            let metrics = try HTTPConnection.request(agent.socket, "GET", "/metrics")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            let lines = Set(metrics.text.split(separator: "\n").map(String.init))
            for line in [
                #"pilotlight_lookups_total{protocol="ofrep",reason="STATIC",error_code=""} 1"#,
                #"pilotlight_lookups_total{protocol="ofrep",reason="ERROR",error_code="FLAG_NOT_FOUND"} 1"#,
                #"pilotlight_lookups_total{protocol="binary",reason="STATIC",error_code=""} 0"#,
                "pilotlight_revision_number 44", "pilotlight_epoch_counter 3", "pilotlight_lag_revisions 1",
                "pilotlight_swaps_total 1", "pilotlight_swapped_revisions_total 2",
                "pilotlight_quarantined_entries 1", "pilotlight_ready 1", "pilotlight_stale 0",
                #"pilotlight_connections{protocol="undecided"} 0"#,
            ] {
                #expect(lines.contains(line), "\(line)")
            }
            #expect(lines.contains { $0.hasPrefix("process_resident_memory_bytes ") })
        }
    }
}
