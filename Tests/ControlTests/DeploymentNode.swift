import Harness
import JSON
import Testing

@testable import Control

/// A whole node with agents that report, for tests of deployments.
enum DeploymentNode {
    static func run(_ body: (NodeFixture, ReportingFleet) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        let fleet = ReportingFleet(node.ports)
        do {
            try await body(node, fleet)
        } catch {
            await fleet.stop()
            try? await node.stop()
            throw error
        }
        await fleet.stop()
        try await node.stop()
    }

    static func record(_ node: NodeFixture, _ more: String = "") async throws -> HTTPAnswer {
        try await node.ask(
            "POST", "/v1/environments/production/deployments",
            #"{"component": "checkout", "version": "1.4.2"\#(more)}"#, headers: ["Pilotlight-Actor": "ci"])
    }

    static let path = "/deployments/checkout/1.4.2"
}
