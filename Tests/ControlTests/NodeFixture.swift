import Harness
import JSON
import Logging
import Replication
import ServiceLifecycle

@testable import Control

/// A whole control node in this process, on free ports, spoken to from outside.
final class NodeFixture: Sendable {
    let ports: ControlPorts
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    init(
        _ directory: String, historyKeep: HistoryKeep = .everything, webhook: WebhookSetting? = nil,
        logger: Logger = .silent
    ) async throws {
        var configuration = ControlConfiguration(
            dataDirectory: directory, apiPort: 0, publishPort: 0, syncPort: 0, historyKeep: historyKeep,
            webhook: webhook)
        // Where this machine is overrun, agents stand still for seconds: no release is to be held by that.
        configuration.liveFor = 120_000
        let node = ControlNode(configuration, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: node, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger))
        self.group = group
        // What it has only so much time for isn't to wait for tests that compute.
        running = Task(executorPreference: TestThreads.shared) { try await group.run() }
        ports = try await node.ports()
    }

    /// A graceful stop, as SIGTERM gives.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }

    func ask(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) async throws -> HTTPAnswer {
        try await ask(method, path, bytes: body.map { Array($0.utf8) }, headers: headers)
    }

    func ask(
        _ method: String, _ path: String, bytes: [UInt8]?, headers: [String: String] = [:]
    ) async throws -> HTTPAnswer {
        let endpoint = Endpoint.tcp(ports.api)
        return try await onThread {
            try HTTPConnection.request(endpoint, method, path, headers: headers, body: bytes)
        }
    }

    /// On `production`.
    func production(_ method: String, _ path: String, _ body: String? = nil) async throws -> HTTPAnswer {
        try await ask(method, "/v1/environments/production" + path, body)
    }
}

extension NodeFixture {
    /// Records versions as deployed and verified, so that users may be given them.
    func deployed(_ component: String, _ versions: String...) async throws {
        for version in versions {
            _ = try await production(
                "POST", "/deployments", #"{"component": "\#(component)", "version": "\#(version)"}"#)
            _ = try await production(
                "POST", "/deployments/\(component)/\(version)/verify", #"{"passed": true}"#)
        }
    }
}

extension HTTPAnswer {
    /// The number of the revision that the answer names.
    var number: Int64? { json["revision"]?["number"]?.integerValue }
}
