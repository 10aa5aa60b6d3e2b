import Foundation
import Harness
import JSON

/// Works at a control node that may die at any moment: it is started again, and whatever was asked is asked again,
/// orders under the same idempotency key.
final class ReleaseCrashDriver {
    let directory: TemporaryDirectory
    let control: ControlProcess
    let order: ReleaseCrashOrder
    private(set) var deaths = 0
    private var orders = 0

    static let environment = "/v1/environments/production"

    init(_ directory: TemporaryDirectory, webhook: String) throws {
        let data = directory.path("control")
        let order = try ReleaseCrashOrder(of: data, in: directory)
        let secret = try directory.write("secret", "for these tests alone")
        let variables = ["PILOTLIGHT_WEBHOOK": webhook, "PILOTLIGHT_WEBHOOK_SECRET_FILE": secret]
        self.directory = directory
        self.order = order
        control = try ControlProcess(data: data, environment: variables.merging(order.variables) { own, _ in own })
    }

    /// Starts the control node again if it has died as it was told to.
    private func revive() async throws {
        guard let process = control.process, !process.isRunning else { return }
        guard process.wait(for: .seconds(1)) == .signalled(SIGKILL) else {
            throw Hopeless("control ended by itself: \(control.logText.suffix(2_000))")
        }
        deaths += 1
        try order.live()
        try await control.start()
    }

    /// Asks until it is done. What a control node that has just begun can't know yet it is asked again.
    @discardableResult
    func tell(_ method: String, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        orders += 1
        let headers = ["Idempotency-Key": "order-\(orders)", "Pilotlight-Actor": "driver"]
        let bytes = Array(body.compactText().utf8)
        return try await awaited("\(method) \(path) is done") { sighting in
            try await self.revive()
            let answer = try HTTPConnection.request(
                .tcp(self.control.apiPort), method, Self.environment + path, headers: headers, body: bytes)
            sighting.note("\(answer.status) \(answer.text)")
            if (200...201).contains(answer.status) { return answer.json }
            guard answer.status == 503 || answer.text.contains("isn't known yet") else {
                throw Hopeless("\(method) \(path): \(answer.status) \(answer.text)")
            }
            return nil
        }
    }

    /// Looks until `condition` holds of what is shown there.
    @discardableResult
    func look(_ path: String, _ what: String, _ condition: (JSONValue) throws -> Bool) async throws -> JSONValue {
        try await awaited(what) { sighting in
            try await self.revive()
            let json = try self.control.ask("GET", Self.environment + path)
            sighting.note(json.compactText())
            return try condition(json) ? json : nil
        }
    }

    /// Waits until every agent has applied and cached what control holds.
    func settle(agents: Int) async throws {
        try await eventually("\(agents) agents hold what control holds") { sighting in
            try await self.revive()
            let fleet = try self.control.fleet()
            sighting.note(fleet.json.compactText())
            return fleet.isConverged && fleet.agents.count { $0.state == "live" } == agents
        }
    }

    /// Waits until a stopped agent counts no more. One whose goodbye fell into the control node's death is forgotten by
    /// hand.
    func farewell(_ name: String) async throws {
        try await eventually("\(name) is gone") { sighting in
            try await self.revive()
            let agent = try self.control.fleet().agent(name)
            sighting.note(agent?.json.compactText() ?? "not there")
            if let agent, agent.state != "gone", agent.json["lastSeenSeconds"]?.doubleValue ?? 0 > 3 {
                try self.control.ask("DELETE", Self.environment + "/fleet/\(agent.id)")
            }
            return agent.map { $0.state == "gone" } ?? true
        }
    }

    /// Waits until nothing is left to be told to the webhook, on disk.
    func announceAll() async throws {
        try await eventually("the webhook has taken everything") { sighting in
            try await self.revive()
            let waiting = try self.control.metric("pilotlight_control_webhook_waiting")
            sighting.note(waiting)
            return waiting == 0
        }
    }
}
