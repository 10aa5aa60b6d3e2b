import Foundation
import Harness
import JSON
import Testing

@testable import Control

/// A whole node with a webhook: what happens to releases reaches a real receiver, over restarts.
@Suite struct WebhookNodeTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    static let plan = """
        {"name": "summer", "title": "Summer", "changes": [{"flag": "basket", "variant": "on"}], "notes": "Quiet please",
         "stages": [{"name": "half", "percentage": 50}], "announcement": {"users": "**New**: the basket",
         "links": [{"title": "How to", "url": "https://help.example/basket?a=1&b=2"}]}}
        """

    private func setting(_ receiver: HTTPReceiver, in directory: TemporaryDirectory) throws -> WebhookSetting {
        let file = directory.path("secret")
        try (Self.secret + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        return WebhookSetting(url: receiver.url, secretFile: file)
    }

    private func tell(
        _ node: NodeFixture, _ order: String, _ body: String = "{}", release: String = "summer"
    ) async throws {
        let answer = try await node.ask(
            "POST", "/v1/environments/production/releases/\(release)/" + order, body,
            headers: ["Pilotlight-Actor": "mia"])
        #expect(answer.status == 200, "\(order): \(answer.text)")
    }

    private func metric(_ name: String, _ node: NodeFixture) async throws -> String? {
        try await node.ask("GET", "/metrics").text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .map { String($0.dropFirst(name.count + 1)) }
    }

    @Test func aReleaseIsToldOverARestartOfTheNode() async throws {
        let directory = try TemporaryDirectory()
        let receiver = try HTTPReceiver()
        receiver.stop()
        let setting = try setting(receiver, in: directory)
        let data = directory.path("data")
        let node = try await NodeFixture(data, webhook: setting)
        _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("basket")))
        #expect(try await node.production("POST", "/releases", Self.plan).status == 201)
        try await tell(node, "start")
        try await tell(node, "hold", #"{"message": "Odd <numbers>"}"#)
        try await tell(node, "resume")
        try await eventually("the receiver is looked for") { _ in
            try await metric("pilotlight_control_webhook_failures_total", node) != "0"
        }
        #expect(try await metric("pilotlight_control_webhook_waiting", node) == "1")
        try await node.stop()

        let again = try await NodeFixture(data, webhook: setting)
        try await tell(again, "launch", #"{"early": true}"#)
        try await eventually("both wait") { _ in
            try await metric("pilotlight_control_webhook_waiting", again) == "2"
        }
        try receiver.start()
        try await eventually("both are taken") { _ in
            try await metric("pilotlight_control_webhook_waiting", again) == "0"
        }
        try await tell(again, "rollback", #"{"message": "Wrong prices"}"#)
        try await eventually("the third is taken") { _ in receiver.requests.count == 3 }
        try await eventually("nothing waits") { _ in
            try await metric("pilotlight_control_webhook_delivered_total", again) == "3"
        }

        let release = try await again.production("GET", "/releases/summer").json
        let id = try #require(release["id"]?.stringValue)
        let ids = receiver.requests.compactMap { $0.headers["webhook-id"] }
        #expect(ids.count == 3 && Set(ids).count == 3 && ids.allSatisfy { $0.hasPrefix(id + "-") })
        let bodies = receiver.requests.map { JSONReader.read($0.body).value ?? .null }
        #expect(
            bodies.map { $0["type"]?.stringValue } == ["release.held", "release.launched", "release.rolled-back"])
        #expect(bodies.compactMap { $0["id"]?.stringValue } == ids)
        let signer = try #require(StandardWebhook(secret: Self.secret))
        for request in receiver.requests {
            let time = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
            let id = request.headers["webhook-id"] ?? ""
            #expect(
                request.headers["webhook-signature"] == signer.signature(id: id, timestamp: time, body: request.body))
        }
        let held = bodies[0]
        #expect(held["environment"] == "production" && held["release"] == "summer" && held["title"] == "Summer")
        #expect(held["actor"] == "mia" && held["message"] == "Odd <numbers>" && held["notes"] == "Quiet please")
        #expect(held["announcement"]?["users"] == "**New**: the basket")
        #expect(held["changes"] == [["flag": "basket", "variant": "on"]])
        try await again.stop()

        // Without a webhook nothing is sent; with it again, what was announced meanwhile is.
        let mute = try await NodeFixture(data)
        #expect(try await metric("pilotlight_control_webhook_waiting", mute) == "0")
        let winter = Self.plan.replacing("summer", with: "winter")
        #expect(try await mute.production("POST", "/releases", winter).status == 201)
        for order in ["start", "hold"] { try await tell(mute, order, release: "winter") }
        try await mute.stop()
        let last = try await NodeFixture(data, webhook: setting)
        try await eventually("the fourth is taken") { _ in receiver.requests.count == 4 }
        let fourth = receiver.requests.last.flatMap { JSONReader.read($0.body).value } ?? .null
        #expect(fourth["release"] == "winter" && fourth["type"] == "release.held")
        try await last.stop()
    }

    @Test func aSecretThatCantBeReadIsSaidAtTheStart() async throws {
        let directory = try TemporaryDirectory()
        let setting = WebhookSetting(url: "http://127.0.0.1:1/", secretFile: directory.path("none"))
        let error = await #expect(throws: ControlError.self) {
            _ = try await NodeFixture(directory.path("data"), webhook: setting)
        }
        #expect(error?.description.hasPrefix("webhook: the secret in ") == true)
    }
}
