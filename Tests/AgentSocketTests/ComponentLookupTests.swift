import Agent
import AgentSocket
import Flags
import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Components by the other protocols of the socket.
@Suite struct ComponentLookupTests {
    private static func request(
        _ component: String, _ user: String? = nil, expected: ValueType? = nil, metadata: Bool = false
    ) -> LookupRequest {
        LookupRequest(
            id: 1, key: MarkedKey.of(component: component), expected: expected,
            subject: LookupSubject(targetingKey: user, wantsMetadata: metadata))
    }

    @Test func theMarkIsTheEvaluators() {
        for name in ["checkout", "", "é", "\u{301}"] {
            let key = MarkedKey.of(component: name)
            #expect(key == ComponentKey.flagKey(of: name) && MarkedKey.component(of: key) == name)
            #expect(ComponentKey.component(of: key).map { Array($0.utf8) } == Array(name.utf8))
            #expect(MarkedKey.component(of: "x" + key) == nil)
        }
    }

    @Test func theBinaryProtocolAnswersMarkedKeys() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let client = try RawLookupClient(agent.socket)
            let ann = try #require(try client.answer(to: Self.request("checkout", "ann", expected: .string)))
            #expect(ann.value == .string("2.0-exp") && ann.variant == "2.0-exp" && ann.reason == .targetingMatch)
            #expect(ann.metadata == nil && ann.stamp.number == 42)
            let bob = try #require(try client.answer(to: Self.request("checkout", "bob", metadata: true)))
            #expect(bob.value == .string("1.1"))
            #expect(
                JSONReader.read(bob.metadata ?? []).value == ["owner": "web", "upstream": "green"])
            let nobody = try #require(try client.answer(to: Self.request("checkout")))
            #expect(nobody.value == .string("1.0") && nobody.reason == .default)
            let plain = try #require(try client.answer(to: Self.request("plain", "ann")))
            #expect(plain.value == .string("7") && plain.reason == .static)
            let missing = try #require(try client.answer(to: Self.request("on-off", "ann")))
            #expect(missing.error == .flagNotFound && missing.errorDetails == #"there is no component "on-off""#)
            let mismatch = try #require(try client.answer(to: Self.request("checkout", expected: .bool)))
            #expect(mismatch.error == .typeMismatch)
            #expect(mismatch.errorDetails.hasPrefix(#"component "checkout" is"#), "\(mismatch.errorDetails)")
        }
    }

    @Test func allFlagsAreFlagsOnly() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let client = try RawLookupClient(agent.socket)
            try client.send(.lookupAll(LookupAllRequest(id: 8)))
            var keys: [String] = []
            while case .flagAnswer(8, let key, _) = try client.next() { keys.append(key) }
            #expect(keys == ServedAgent.flags.map(\.0).sorted())
            let flags = try agent.ofrep("").json["flags"]?.arrayValue ?? []
            #expect(flags.compactMap { $0["key"]?.stringValue } == keys)
        }
    }

    @Test func ofrepKnowsNoComponents() async throws {
        try await serving(ServedComponents.snapshot(), configure: { $0.allowsExplain = true }) { agent in
            for key in ["%01checkout", "checkout", "%01nowhere"] {
                let answer = try agent.ofrep(key, #"{"context":{"targetingKey":"ann"}}"#)
                #expect(answer.status == 404 && answer.json["errorCode"] == "FLAG_NOT_FOUND")
                #expect(answer.json["errorDetails"]?.stringValue?.hasPrefix("there is no flag") == true)
            }
            let path = try HTTPConnection.request(agent.socket, "POST", "/explain/%01checkout", body: [])
            #expect(path.status == 404 && path.json["errorCode"] == "FLAG_NOT_FOUND")
        }
    }

    @Test func componentsAreExplained() async throws {
        try await serving(ServedComponents.snapshot(), configure: { $0.allowsExplain = true }) { agent in
            func explain(_ path: String, _ body: String = "") throws -> HTTPAnswer {
                try HTTPConnection.request(agent.socket, "POST", path, body: Array(body.utf8))
            }
            let ann = try explain("/explain?component=checkout", #"{"context":{"targetingKey":"ann"}}"#)
            #expect(ann.status == 200 && ann.headers["pilotlight-revision"] == "42")
            #expect(ann.json["component"] == "checkout" && ann.json["key"] == nil, "\(ann.text)")
            #expect(ann.json["variant"] == "2.0-exp" && ann.json["reason"] == "TARGETING_MATCH")
            #expect(ann.json["steps"]?.arrayValue?.isEmpty == false)
            #expect(!ann.text.contains("\\u0001"), "\(ann.text)")
            let missing = try explain("/explain?component=nowhere")
            #expect(missing.status == 404)
            #expect(missing.json["errorDetails"] == #"there is no component "nowhere""#)
            for path in [
                "/explain", "/explain?component=", "/explain?flag=on-off", "/explain?component=a&component=b",
                "/explain?component=%FF", "/explain?component=a&x=y",
            ] {
                #expect(try explain(path).status == 400, "\(path)")
            }
            #expect(
                try explain("/explain?component=checkout", #"{"context":7}"#).json["errorCode"] == "INVALID_CONTEXT")
            #expect(try explain("/explain/on-off").json["variant"] == "on")
            #expect(try HTTPConnection.request(agent.socket, "GET", "/explain?component=checkout").status == 405)
            #expect(try explain("/explained").status == 404)
        }
        try await serving(ServedComponents.snapshot()) { agent in
            let answer = try HTTPConnection.request(agent.socket, "POST", "/explain?component=checkout", body: [])
            #expect(answer.status == 404 && answer.text.contains("--explain"))
        }
    }

    @Test func watchersAreToldOfComponents() async throws {
        try await serving(ServedComponents.snapshot()) { agent in
            let client = try RawLookupClient(agent.socket)
            try client.send(.watch(id: 1))
            _ = try client.next()
            let keys = [ComponentKey.flagKey(of: "checkout"), "on-off"]
            agent.live.swap(to: try ServedComponents.snapshot(number: 43), changed: .flags(keys))
            let notice = try #require(try client.nextChange())
            #expect(notice.changedKeys == keys)
            #expect(notice.changedKeys?.compactMap { MarkedKey.component(of: $0) } == ["checkout"])
        }
    }
}
