import Foundation
import Harness
import JSON
import Testing

@testable import Control

/// Preconditions, idempotency keys and pages, through real HTTP.
@Suite struct SafeChangeTests {
    private func withNode(_ body: (NodeFixture) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try await onNode(in: directory, body)
    }

    private func onNode(in directory: TemporaryDirectory, _ body: (NodeFixture) async throws -> Void) async throws {
        let node = try await NodeFixture(directory.path)
        do {
            try await body(node)
        } catch {
            try? await node.stop()
            throw error
        }
        try await node.stop()
    }

    private let flags = "/v1/environments/production/flags"

    private func add(_ flags: [String], to node: NodeFixture) async throws {
        let answer = try await node.production(
            "POST", "/apply", Sample.document(flags.map { Sample.flag($0) }.joined(separator: ", ")))
        #expect(answer.status == 200)
    }

    @Test func ofTwoWhoChangeOneFlagOneWinsAndTheOtherIsTold() async throws {
        try await withNode { node in
            try await add(["checkout", "search"], to: node)
            let seen = try #require(try await node.production("GET", "/flags/checkout").header("ETag"))
            let change = #"{"defaultVariant": "on"}"#
            async let first = node.ask("PATCH", flags + "/checkout", change, headers: ["If-Match": seen])
            async let second = node.ask(
                "PATCH", flags + "/checkout", #"{"state": "DISABLED"}"#, headers: ["If-Match": seen])
            let answers = [try await first, try await second]
            #expect(answers.map(\.status).sorted() == [200, 412])
            let told = try #require(answers.first { $0.status == 412 })
            #expect(told.json["detail"]?.stringValue?.contains("somebody has changed it since") == true)
            #expect(
                told.json["etag"]?.stringValue == (try await node.production("GET", "/flags/checkout").header("ETag")))
            // Another flag's change is no matter; the environment's number is.
            #expect(try await node.ask("PATCH", flags + "/search", change, headers: ["If-Match": "*"]).status == 200)
            let number = try #require(try await node.production("GET", "").number)
            let stale = try await node.ask(
                "PATCH", flags + "/search", #"{"defaultVariant": "off"}"#,
                headers: ["Pilotlight-If-Revision": "\(number - 1)"])
            #expect(stale.status == 412)
            #expect(stale.json["detail"]?.stringValue?.contains("is at revision \(number), not \(number - 1)") == true)
            let fresh = try await node.ask(
                "PATCH", flags + "/search", #"{"defaultVariant": "off"}"#,
                headers: ["Pilotlight-If-Revision": "\(number)"])
            #expect(fresh.status == 200)
        }
    }

    @Test func anIdempotencyKeySentTwiceMakesOneRevisionAlsoAfterARestart() async throws {
        let directory = try TemporaryDirectory()
        let path = "/v1/environments/production/pilots/staff/members"
        let body = #"{"add": ["ann", "bob"]}"#
        let key = ["Idempotency-Key": "pipeline-7"]
        try await onNode(in: directory) { node in
            _ = try await node.production("POST", "/pilots", #"{"name": "staff"}"#)
            async let one = node.ask("POST", path, body, headers: key)
            async let two = node.ask("POST", path, body, headers: key)
            let answers = [try await one, try await two]
            #expect(answers.map(\.status) == [200, 200])
            #expect(answers.map(\.number) == [2, 2])
            #expect(answers.map { $0.json["changed"]?.integerValue } == [2, 2])
            #expect(answers.count { $0.header("Idempotent-Replayed") == "true" } == 1)
            _ = try await node.ask("POST", path, #"{"remove": ["ann"]}"#)
        }
        try await onNode(in: directory) { node in
            let again = try await node.ask("POST", path, body, headers: key)
            #expect(again.status == 200)
            #expect(again.number == 2)
            #expect(again.json["published"] == .bool(true))
            #expect(again.json["changed"] == .integer(2))
            #expect(try await node.production("GET", "").number == 3)
            #expect(try await node.production("GET", "/pilots/staff").json["members"] == .array([.string("bob")]))
            let other = try await node.ask("POST", path, #"{"add": ["eve"]}"#, headers: key)
            #expect(other.status == 422)
            #expect(other.json["detail"]?.stringValue?.contains("\"pipeline-7\" came with another request") == true)
        }
    }

    @Test func aRefusedRequestMayBeSentAgainUnderItsKey() async throws {
        try await withNode { node in
            let key = ["Idempotency-Key": "k"]
            let change = #"{"defaultVariant": "on"}"#
            #expect(try await node.ask("PATCH", flags + "/late", change, headers: key).status == 404)
            try await add(["late"], to: node)
            #expect(try await node.ask("PATCH", flags + "/late", change, headers: key).status == 200)
        }
    }

    @Test func listsComeInPages() async throws {
        try await withNode { node in
            let keys = (0..<25).map { "flag-\($0)" }
            try await add(keys, to: node)
            _ = try await node.production("POST", "/pilots", #"{"name": "staff"}"#)
            let members = (0..<25).map { "\"user-\($0)\"" }.joined(separator: ",")
            _ = try await node.production("POST", "/pilots/staff/members", "{\"add\": [\(members)]}")
            for change in 0..<8 {
                let state = change % 2 == 0 ? "DISABLED" : "ENABLED"
                _ = try await node.production("PATCH", "/flags/flag-3", "{\"state\": \"\(state)\"}")
            }
            #expect(try await pages(node, "/flags", "flags") { $0["key"]?.stringValue } == keys.sorted())
            let users = (0..<25).map { "user-\($0)" }.sorted()
            #expect(try await pages(node, "/pilots/staff", "members", \.stringValue) == users)
            let numbers = try await pages(node, "/history", "history") { $0["revision"]?["number"]?.integerValue }
            #expect(numbers == (0...11).reversed().map(Int64.init))
            let touching = try await pages(node, "/history?key=flag-3", "history") {
                $0["revision"]?["number"]?.integerValue
            }
            #expect(touching == [11, 10, 9, 8, 7, 6, 5, 4, 1])
            for limit in ["0", "-1", "10001", "x"] {
                #expect(try await node.production("GET", "/flags?limit=\(limit)").status == 400)
            }
        }
    }

    /// Every item of a list, in pages of four.
    private func pages<Item>(
        _ node: NodeFixture, _ path: String, _ member: String, _ item: (JSONValue) -> Item?
    ) async throws -> [Item] {
        var items: [Item] = []
        var after: String?
        while true {
            let start = path + (path.contains("?") ? "&" : "?") + "limit=4" + (after.map { "&after=\($0)" } ?? "")
            let page = try await node.production("GET", start).json
            let found = try #require(page[member]?.arrayValue)
            #expect(found.count <= 4)
            items += found.compactMap(item)
            guard let next = page["next"]?.stringValue else { return items }
            #expect(!found.isEmpty)
            after = next
        }
    }

    @Test func whoHasItAlreadyIsToldSo() async throws {
        try await withNode { node in
            try await add(["checkout"], to: node)
            for path in ["", "/flags", "/flags/checkout", "/export"] {
                let path = "/v1/environments/production" + path
                let tag = try #require(try await node.ask("GET", path).header("ETag"))
                let again = try await node.ask("GET", path, headers: ["If-None-Match": tag])
                #expect(again.status == 304)
                #expect(again.text.isEmpty)
            }
        }
    }

    @Test func revisionsThatAreNotThereAreToldApart() async throws {
        try await withNode { node in
            try await add(["checkout"], to: node)
            #expect(try await node.production("GET", "/history/7").status == 404)
            #expect(try await node.production("GET", "/history/x").status == 400)
            #expect(try await node.production("GET", "/history/0").json["event"] == .string("created"))
            #expect(try await node.production("POST", "/rollback", #"{"revision": 9}"#).status == 404)
            #expect(try await node.production("POST", "/rollback", #"{"revision": -1}"#).status == 400)
            #expect(try await node.production("GET", "/watch?after=5").status == 409)
            let unknown = try await node.production("GET", "/history?key=chekout")
            #expect(unknown.status == 404)
            #expect(unknown.json["hint"]?.stringValue?.contains("checkout") == true)
        }
    }

    @Test func anEmptyListPromotesNothing() async throws {
        try await withNode { node in
            _ = try await node.ask("POST", "/v1/environments", #"{"name": "staging"}"#)
            try await add(["checkout"], to: node)
            let path = "/v1/environments/staging/promote"
            let refused = try await node.ask("POST", path, #"{"from": "production", "keys": []}"#)
            #expect(refused.status == 422)
            #expect(try await node.ask("GET", "/v1/environments/staging").json["flags"] == .integer(0))
            #expect(try await node.ask("POST", path, #"{"from": "production"}"#).status == 200)
            #expect(try await node.ask("GET", "/v1/environments/staging").json["flags"] == .integer(1))
        }
    }

    @Test func theLogStaysSmallThoughNothingChanges() async throws {
        let directory = try TemporaryDirectory()
        try await onNode(in: directory) { node in
            try await add(["checkout"], to: node)
            for number in 0..<1_200 {
                _ = try await node.ask(
                    "PATCH", flags + "/checkout", #"{"defaultVariant": "off"}"#,
                    headers: ["Idempotency-Key": "again-\(number)"])
            }
            let log = try FileManager.default.attributesOfItem(atPath: directory.path + "/control.sqlite-wal")
            let size = try #require(log[.size] as? Int)
            #expect(size < 12 << 20, "1,200 requests that change nothing left a log of \(size) bytes")
            #expect(try await node.production("GET", "").number == 1)
        }
    }

    @Test func thePageAfterTheLastIsNone() async throws {
        try await withNode { node in
            try await add(["a", "b"], to: node)
            _ = try await node.production("POST", "/pilots", #"{"name": "staff"}"#)
            _ = try await node.production("POST", "/pilots/staff/members", #"{"add": ["ann", "bob"]}"#)
            for path in ["/flags?limit=2", "/pilots/staff?limit=2", "/history?limit=4", "/pilots?limit=1"] {
                #expect(try await node.production("GET", path).json["next"] == .null, "\(path)")
            }
            let pilots = try await node.production("GET", "/history?kind=pilot").json["history"]?.arrayValue
            #expect(pilots?.count == 2)
            #expect(try await node.production("POST", "/pilots/staff/members", #"{"add": ["a\nb"]}"#).status == 422)
        }
    }
}
