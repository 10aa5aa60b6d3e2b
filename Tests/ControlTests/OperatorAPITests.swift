import Foundation
import Harness
import JSON
import Testing

@testable import Control

/// Through real HTTP, on a whole node.
@Suite struct OperatorAPITests {
    private func withNode(_ body: (NodeFixture, TemporaryDirectory) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        do {
            try await body(node, directory)
        } catch {
            try? await node.stop()
            throw error
        }
        try await node.stop()
    }

    /// An apply's envelope.
    private func envelope(_ text: String, _ options: JSONObject = [:]) -> String {
        var body = options
        body["documents"] = .array([.object(["name": .string("flags.json"), "text": .string(text)])])
        return JSONValue.object(body).compactText()
    }

    @Test func oneDayOfAnOperator() async throws {
        try await withNode { node, _ in
            let dry = try await node.production(
                "POST", "/apply", envelope(Sample.document(Sample.flag("checkout")), ["dryRun": .bool(true)]))
            #expect(dry.status == 200)
            #expect(dry.json["published"] == .bool(false))
            #expect(dry.json["diff"]?.arrayValue?.first?["op"] == .string("add"))
            #expect(dry.number == 0)

            let applied = try await node.production(
                "POST", "/apply", envelope(Sample.document(Sample.flag("checkout")), ["message": .string("first")]))
            #expect(applied.json["published"] == .bool(true))
            #expect(applied.number == 1)

            let patched = try await node.production("PATCH", "/flags/checkout", "{\"defaultVariant\": \"on\"}")
            #expect(patched.status == 200)
            #expect(patched.number == 2)
            let shown = try await node.production("GET", "/flags/checkout").json
            #expect(shown["defaultVariant"] == .string("on"))
            #expect(shown["state"] == .string("ENABLED"))
            #expect(shown["variants"]?["off"] == .bool(false))
            #expect(shown["targeting"] == .null)
            #expect(try await node.production("PATCH", "/flags/checkout", "{\"state\": \"DISABLED\"}").number == 3)

            #expect(try await node.production("POST", "/pilots", "{\"name\": \"staff\"}").status == 201)
            let added = try await node.production(
                "POST", "/pilots/staff/members", "{\"add\": [\"ann\", \"bob\", \"ann\"]}")
            #expect(added.json["changed"] == .integer(2))
            let removed = try await node.production("POST", "/pilots/staff/members", "{\"remove\": [\"ann\", \"eve\"]}")
            #expect(removed.json["changed"] == .integer(1))
            let group = try await node.production("GET", "/pilots/staff").json
            #expect(group["members"] == .array([.string("bob")]))
            #expect(
                try await node.production("GET", "/pilots").json["pilots"]?.arrayValue?.first?["members"] == .integer(1)
            )
            #expect(try await node.production("DELETE", "/pilots/staff").number == 7)
            #expect(try await node.production("DELETE", "/flags/checkout").number == 8)
            let environment = try await node.production("GET", "").json
            #expect(environment["entries"] == .integer(0))
            #expect(environment["revision"]?["number"] == .integer(8))
            #expect(environment["digest"] == .string(String(repeating: "0", count: 64)))
            #expect(environment["blocked"] == .null)
        }
    }

    @Test func documentsAreTakenAsTheyAreToo() async throws {
        try await withNode { node, _ in
            let path = "/v1/environments/production/apply"
            let json = try await node.ask("POST", path + "?set=base", Sample.document(Sample.flag("a")))
            #expect(json.number == 1)
            let yaml = try await node.ask(
                "POST", path + "?dry-run&name=b.yaml",
                "flags:\n  b:\n    state: ENABLED\n    variants: {on: 1}\n    defaultVariant: onn\n",
                headers: ["Content-Type": "application/yaml"])
            #expect(yaml.status == 422)
            #expect(yaml.headers["content-type"] == "application/problem+json")
            let problem = yaml.json["problems"]?.arrayValue?.first
            #expect(problem?["document"] == .string("b.yaml"))
            #expect(problem?["pointer"] == .string("/flags/b/defaultVariant"))
            #expect(problem?["line"] == .integer(5))
            #expect(problem?["column"] == .integer(21))
        }
    }

    @Test(
        arguments: [
            ("GET", "/v1/nothing", nil, 404), ("GET", "/", nil, 404), ("GET", "/v1/environments/prodution", nil, 404),
            ("GET", "/v1/environments/production/flags/x", nil, 404),
            ("POST", "/v1/environments/production/pilots/x/members", "{\"add\": [\"a\"]}", 404),
            ("DELETE", "/v1/environments/production/fleet/x", nil, 404), ("PUT", "/v1/environments", "{}", 405),
            ("DELETE", "/v1/environments/production/apply", nil, 405),
            ("POST", "/v1/environments", "{\"name\": ", 400), ("POST", "/v1/environments", "[]", 400),
            ("POST", "/v1/environments", "{\"nmae\": \"x\"}", 400), ("POST", "/v1/environments", "{\"name\": 7}", 400),
            ("POST", "/v1/environments", "{\"name\": \"a/b\"}", 422),
            ("POST", "/v1/environments", "{\"name\": \"x\", \"bucketing\": \"v9\"}", 422),
            ("POST", "/v1/environments", "{\"name\": \"production\"}", 409),
            ("PATCH", "/v1/environments/production/flags/x", "{}", 400),
            ("POST", "/v1/environments/production/new-epoch", "{}", 400),
            ("POST", "/v1/environments/production/apply?prune", "{\"flags\": {}}", 422),
            ("POST", "/v1/environments/production/apply?lenient=perhaps", "{\"flags\": {}}", 400),
            ("POST", "/v1/environments/production/apply", "{\"documents\": []}", 400),
            ("POST", "/v1/environments/production/apply", "{\"flags\": {\"a\": {}}}", 422),
            ("GET", "/v1/environments/production/flags/%zz", nil, 400),
        ] as [(String, String, String?, Int)])
    func errorsAreProblemDocuments(_ method: String, _ path: String, _ body: String?, _ status: Int) async throws {
        try await withNode { node, _ in
            let answer = try await node.ask(method, path, body)
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.json["status"] == .integer(Int64(status)))
            for member in ["title", "detail", "hint"] {
                #expect(answer.json[member]?.stringValue?.isEmpty == false, "\(member) in \(answer.text)")
            }
            #expect(try await node.production("GET", "").number == 0)
        }
    }

    @Test func nearestNamesAreSuggested() async throws {
        try await withNode { node, _ in
            _ = try await node.production("POST", "/apply", envelope(Sample.document(Sample.flag("checkout"))))
            let flag = try await node.production("PATCH", "/flags/chekcout", "{\"state\": \"DISABLED\"}")
            #expect(flag.json["hint"] == .string("did you mean \"checkout\"?"))
            let variant = try await node.production("PATCH", "/flags/checkout", "{\"defaultVariant\": \"onn\"}")
            #expect(variant.status == 422)
            #expect(variant.json["hint"] == .string("did you mean \"on\"?"))
            let environment = try await node.ask("GET", "/v1/environments/prodution")
            #expect(environment.json["hint"] == .string("did you mean \"production\"?"))
        }
    }

    @Test func tooLargeBodiesAreRefusedAndTheConnectionGoesOn() async throws {
        try await withNode { node, _ in
            let endpoint = Endpoint.tcp(node.ports.api)
            let (first, second) = try await onThread {
                let connection = HTTPConnection(endpoint)
                let first = try connection.request(
                    "POST", "/v1/environments", body: [UInt8](repeating: 0x20, count: (32 << 20) + 1))
                return (first, try connection.request("GET", "/healthz"))
            }
            #expect(first.status == 413)
            #expect(first.headers["content-type"] == "application/problem+json")
            #expect(second.status == 200)
        }
    }

    @Test func aDocumentOverSixteenMegabytesIsRefused() async throws {
        try await withNode { node, _ in
            let answer = try await node.ask(
                "POST", "/v1/environments/production/apply",
                bytes: Array("{\"flags\": {}".utf8) + [UInt8](repeating: 0x20, count: 16 << 20) + Array("}".utf8))
            #expect(answer.status == 422)
            #expect(answer.text.contains("16 MiB"))
        }
    }

    @Test func keysAreEscapedInPaths() async throws {
        try await withNode { node, _ in
            _ = try await node.production("POST", "/apply", envelope(Sample.document(Sample.flag("a/ü b"))))
            #expect(try await node.production("GET", "/flags/a%2F%C3%BC%20b").json["key"] == .string("a/ü b"))
        }
    }

    @Test func environmentsAreMadeAndListed() async throws {
        try await withNode { node, _ in
            let made = try await node.ask("POST", "/v1/environments", "{\"name\": \"staging\", \"bucketing\": \"v3\"}")
            #expect(made.status == 201)
            #expect(made.json["bucketing"] == .string("v3"))
            // Agents are told by the first revision; of what is usual they aren't.
            #expect(made.json["revision"]?["number"] == 1 && made.json["entries"] == 1)
            let usual = try await node.ask("POST", "/v1/environments", "{\"name\": \"testing\"}").json
            #expect(usual["revision"]?["number"] == 0 && usual["entries"] == 0)
            let all = try await node.ask("GET", "/v1/environments").json["environments"]?.arrayValue ?? []
            #expect(all.map { $0["name"] } == [.string("production"), .string("staging"), .string("testing")])
        }
    }

    @Test func metricsAreText() async throws {
        try await withNode { node, _ in
            _ = try await node.production("POST", "/apply", envelope(Sample.document(Sample.flag("a"))))
            let text = try await node.ask("GET", "/metrics").text
            #expect(text.contains("\npilotlight_control_changes_total 1\n"))
            #expect(text.contains("pilotlight_control_environment_number{environment=\"production\"} 1\n"))
        }
    }

    @Test func aStopAndAStartContinue() async throws {
        let directory = try TemporaryDirectory()
        let first = try await NodeFixture(directory.path)
        _ = try await first.production("POST", "/apply", envelope(Sample.document(Sample.flag("a"))))
        let before = try await first.production("GET", "").json
        #expect(FileManager.default.fileExists(atPath: directory.path("ports.json")))
        // One node a directory.
        await #expect(throws: ControlError.self) { _ = try await NodeFixture(directory.path) }
        try await first.stop()
        #expect(!FileManager.default.fileExists(atPath: directory.path("ports.json")))
        let second = try await NodeFixture(directory.path)
        #expect(try await second.production("GET", "").json == before)
        try await second.stop()
    }

    @Test func anIdleConnectionHoldsNoStopUp() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        let endpoint = Endpoint.tcp(node.ports.api)
        let idle = try await onThread { try BlockingSocket(endpoint) }
        let used = try await onThread {
            let socket = try BlockingSocket(endpoint)
            try socket.send(Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            _ = try socket.receive()
            return socket
        }
        try await node.stop()
        withExtendedLifetime((idle, used)) {}
    }

    @Test func aTakenPortIsNamed() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path("one"))
        let second = ControlConfiguration(
            dataDirectory: directory.path("two"), apiPort: node.ports.api, publishPort: 0, syncPort: 0)
        let error = await #expect(throws: ControlError.self) { try await ControlNode(second, logger: .silent).run() }
        #expect(error?.description.contains("can't listen on 127.0.0.1:\(node.ports.api)") == true)
        try await node.stop()
    }

    @Test func plainTextOnOtherAddressesNeedsAWord() async throws {
        let directory = try TemporaryDirectory()
        let open = ControlConfiguration(
            dataDirectory: directory.path, host: "0.0.0.0", apiPort: 0, publishPort: 0, syncPort: 0)
        await #expect(throws: ControlError.self) { try await ControlNode(open, logger: .silent).run() }
    }
}
