import Flags
import Harness
import JSON
import Releases
import Testing

@testable import Control

/// Deployed, being released, released, dormant.
@Suite struct StatusTests {
    private func agent(_ name: String, _ version: String, isLive: Bool = true) -> ObservedAgent {
        ObservedAgent(id: name, name: name, service: "checkout", version: version, isLive: isLive, health: .passing)
    }

    private func component(_ edit: (inout ComponentDefinition) -> Void = { _ in }) -> ComponentDefinition {
        var component = ComponentDefinition(
            "checkout", versions: ["1.0", "1.1", "1.2", "1.3"].map { ComponentVersion($0) }, defaultVersion: "1.1")
        edit(&component)
        return component
    }

    private func status(
        _ definition: ComponentDefinition?, deployed: [String: DeploymentState] = [:], agents: [ObservedAgent] = [],
        kill: Kill? = nil
    ) -> [String] {
        let deployments = deployed.map {
            Deployment(component: "checkout", version: $0.key, state: $0.value, at: 1, by: "ci")
        }
        return ComponentStatus(
            name: "checkout", definition: definition, kill: kill, release: nil, deployments: deployments,
            observed: ObservedVersion.grouped(agents)["checkout"] ?? [], now: 1
        ).versions.map {
            "\($0.version) \($0.state.rawValue): \($0.share); \($0.deployment?.rawValue ?? "–") \($0.agents)"
        }
    }

    @Test func theFourStates() throws {
        // Nowhere and nobody's: not a line.
        #expect(status(component()) == ["1.1 released: everybody; – 0"])
        #expect(
            status(
                component(), deployed: ["1.0": .verified, "1.1": .verified, "1.2": .recorded],
                agents: [agent("a", "1.0"), agent("b", "1.1"), agent("c", "1.1", isLive: false), agent("d", "1.3")])
                == [
                    "1.0 dormant: nobody; verified 1", "1.1 released: everybody; verified 1",
                    "1.2 deployed: nobody; recorded 0", "1.3 deployed: nobody; – 1",
                ])
        #expect(status(component(), deployed: ["1.0": .retired]) == ["1.1 released: everybody; – 0"])
        // Still running though retired.
        #expect(
            status(component(), deployed: ["1.0": .retired], agents: [agent("a", "1.0")]).first
                == "1.0 dormant: nobody; retired 1")
        // Not in its list: told by the names.
        #expect(
            status(component(), agents: [agent("a", "0.9"), agent("b", "2.0")]) == [
                "1.1 released: everybody; – 0", "0.9 dormant: nobody; – 1", "2.0 deployed: nobody; – 1",
            ])
        // Retired in its list, though behind the default.
        let retired = component { $0.versions[2].state = .retired }
        #expect(status(retired, agents: [agent("a", "1.2")]).last == "1.2 dormant: nobody; – 1")
        // Nobody moves users between its versions.
        #expect(status(nil, agents: [agent("a", "2.0")]) == ["2.0 released: whoever reaches it; – 1"])
    }

    @Test func whoGetsIt() throws {
        let ten = try #require(Percentage(.integer(10)))
        var split = component { $0.wantedShares = [VersionSplit.Share("1.2", ten)] }
        split.settleSplit(from: nil)
        #expect(status(split) == ["1.1 released: everybody else; – 0", "1.2 releasing: 10 %; – 0"])
        let pilots = component {
            $0.pilots = [VersionPilot(pilot: "staff", version: "1.2"), VersionPilot(pilot: "early", version: "1.2")]
            $0.rollout = Rollout(variant: "1.3", share: .fixed(ten), pilots: ["staff"])
        }
        #expect(
            status(pilots) == [
                "1.1 released: everybody else; – 0", "1.2 releasing: pilot groups staff, early; – 0",
                "1.3 releasing: 10 %, pilot group staff; – 0",
            ])
        let whole = component { $0.rollout = Rollout(variant: "1.2", share: .fixed(.everybody)) }
        #expect(status(whole).last == "1.2 released: everybody; – 0")
        #expect(
            status(split, kill: Kill(variant: "1.1", value: "1.1"))
                == ["1.1 released: everybody: killed; – 0", "1.2 releasing: nobody: killed; – 0"])
    }

    @Test func aReleaseShowsWhatItBringsAndWhatItLeftBehind() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        let fleet = ReportingFleet(node.ports)
        _ = try await node.production("POST", "/apply", ReleaseFixture.document)
        try await node.deployed("checkout", "1.1")
        fleet.report("a", "1.1")
        func lines() async throws -> [String] {
            let json = try await node.production("GET", "/status").json
            let components = (json["components"]?.arrayValue ?? []).map { line in
                "\(line["component"]?.stringValue ?? "") \(line["version"]?.stringValue ?? "") "
                    + "\(line["state"]?.stringValue ?? ""): \(line["share"]?.stringValue ?? "") "
                    + "\(line["release"]?.stringValue ?? "–")"
            }
            return components
                + (json["flags"]?.arrayValue ?? []).map { line in
                    "\(line["flag"]?.stringValue ?? "")=\(line["variant"]?.stringValue ?? "") "
                        + "\(line["state"]?.stringValue ?? ""): \(line["share"]?.stringValue ?? "") "
                        + "\(line["release"]?.stringValue ?? "–")"
                }
        }
        let search = ["search 1.0 released: everybody –"]
        #expect(
            try await lines() == ["checkout 1.0 released: everybody –", "checkout 1.1 deployed: nobody –"] + search)
        #expect(try await node.production("POST", "/releases", ReleaseFixture.plan()).status == 201)
        try await eventually("it starts") { sighting in
            let answer = try await node.production("POST", "/releases/summer/start")
            sighting.note(answer.text)
            return answer.status == 200
        }
        #expect(
            try await lines() == [
                "checkout 1.0 released: everybody else –", "checkout 1.1 releasing: pilot group staff summer",
            ] + search + ["basket=on releasing: pilot group staff summer"])
        let stale = "/flags?stale=true"
        #expect(try await node.production("GET", stale).json["flags"] == [])
        let launched = try await node.production("POST", "/releases/summer/launch", #"{"early": true}"#)
        #expect(launched.status == 200, "\(launched.text)")
        #expect(
            try await lines() == ["checkout 1.1 released: everybody –"] + search + [
                "basket=on released: everybody summer"
            ])
        let flags = try await node.production("GET", stale).json["flags"]?.arrayValue ?? []
        #expect(flags.compactMap { $0["key"]?.stringValue } == ["basket"])
        #expect(flags.first?["stale"]?["release"] == "summer" && flags.first?["stale"]?["owner"] == .null)
        #expect(try await node.production("GET", "/flags/other").json["stale"] == .null)
        // Another default: it has a purpose again.
        _ = try await node.production("PATCH", "/flags/basket", #"{"defaultVariant": "off"}"#)
        #expect(try await node.production("GET", stale).json["flags"] == [])
        _ = try await node.production("PATCH", "/flags/basket", #"{"defaultVariant": "on"}"#)
        _ = try await node.production("POST", "/releases/summer/rollback", "{}")
        #expect(try await node.production("GET", stale).json["flags"] == [])
        await fleet.stop()
        try await node.stop()
    }

    /// Many components, and many that are retired of one.
    @Test func ofManyDeploymentsThoseThatMatterAreShown() async throws {
        let few = try await Many(250, retired: 225)
        let many = try await Many(1_000, retired: 900)
        // Four times as many: an answer that compared each with each would take sixteen times as long.
        var (shorter, longer) = (Duration.seconds(600), Duration.seconds(600))
        for round in 0..<20 where round < 3 || longer >= shorter * 8 {
            shorter = min(shorter, try await few.answers())
            longer = min(longer, try await many.answers())
        }
        print("deployments and status of 475 in \(shorter), of 1,900 in \(longer)")
        #expect(longer < shorter * 8)
        try await few.stop()
        try await many.stop()
    }

    /// A node with a deployment of each of many components, and as many retired ones of `checkout`, one of which an agent runs.
    private struct Many {
        let directory: TemporaryDirectory
        let node: NodeFixture
        let fleet: ReportingFleet
        let components: Int
        let retired: Int

        init(_ components: Int, retired: Int) async throws {
            self.components = components
            self.retired = retired
            directory = try TemporaryDirectory()
            let fixture = try ControlFixture(directory.path)
            let all =
                (0..<components).map { ("c\($0)", "1.0.0", DeploymentState.verified) }
                + (0..<retired).map { ("checkout", "1.\($0).0", DeploymentState.retired) }
            for start in stride(from: 0, to: all.count, by: 100) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (component, version, state) in all[start..<min(start + 100, all.count)] {
                        group.addTask {
                            try await fixture.submit(
                                .putDeployment(
                                    Deployment(component: component, version: version, state: state, at: 1, by: "ci")))
                        }
                    }
                    try await group.waitForAll()
                }
            }
            await fixture.stop()
            let node = try await NodeFixture(directory.path)
            let fleet = ReportingFleet(node.ports)
            self.node = node
            self.fleet = fleet
            fleet.report("a", "1.3.0")
            try await eventually("it has reported") { _ in
                try await node.production("GET", "/fleet").json["agents"]?.arrayValue?.isEmpty == false
            }
        }

        /// How long both answers took.
        func answers() async throws -> Duration {
            let start = ContinuousClock.now
            let status = try await node.production("GET", "/status")
            let listed = try await node.production("GET", "/deployments")
            let took = ContinuousClock.now - start
            #expect(
                status.json["components"]?.arrayValue?.count == components + 1,
                "the retired ones are nowhere, but for the one that runs")
            #expect(listed.json["deployments"]?.arrayValue?.count == components + retired)
            #expect(listed.json["disagreements"] == ["checkout 1.3.0: retired, but agent a still runs it"])
            return took
        }

        func stop() async throws {
            await fleet.stop()
            try await node.stop()
        }
    }
}
