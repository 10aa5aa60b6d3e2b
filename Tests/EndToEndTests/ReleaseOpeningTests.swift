import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Releases that open at a time, by each agent's own clock.
@Suite("Openings", .gently)
struct ReleaseOpeningTests {
    private static let flag = "new-cart"

    /// A control node, and an agent for each clock, which hold a flag that a release gives everybody.
    private struct Fleet {
        let cluster: Cluster
        let clocks: [ReleaseOpeningClock]
        let agents: [AgentProcess]

        /// - Parameter ahead: milliseconds by which each agent's clock is ahead.
        init(clocks ahead: [Int64]) async throws {
            cluster = try await Cluster(agents: 0)
            let (directory, control) = (cluster.directory, cluster.control)
            clocks = try ahead.enumerated().map {
                try ReleaseOpeningClock("shop-\($0.offset)", in: directory, ahead: $0.element)
            }
            agents = clocks.enumerated().map {
                AgentProcess(
                    "shop-\($0.offset)", in: directory.path, of: control,
                    options: ["--service", "shop", "--service-version", "2.0.0"], variables: $0.element.variables)
            }
            for agent in agents { try agent.launch() }
            for agent in agents { try await agent.ready() }
            try control.apply(Fixture.flags(flag))
            let plan: JSONValue = [
                "name": "autumn", "changes": [["flag": .string(flag), "variant": "on"]],
                "requires": ["everywhere: shop >= 2.0.0"], "stages": [["name": "everyone", "percentage": 100]],
            ]
            try control.ask("POST", "/v1/environments/production/releases", plan)
            try await converged()
        }

        func converged() async throws { try await cluster.converged(agents: agents.count) }

        /// Starts the release for so many seconds from now; returns when that is, seconds since 1970.
        func start(in seconds: Double) throws -> Int64 {
            let opening = ReleaseOpeningClock.now / 1_000 + Int64(seconds * Patience.factor)
            let text = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(opening)))
            try cluster.control.ask(
                "POST", "/v1/environments/production/releases/autumn/start", ["opens": .string(text)])
            return opening
        }

        func release() throws -> JSONValue {
            try cluster.control.ask("GET", "/v1/environments/production/releases/autumn")
        }

        func reaches(_ state: String) async throws {
            try await eventually("the release is \(state)", every: .milliseconds(50)) { sighting in
                let release = try release()
                sighting.note("\(release["state"] ?? .null) \(release["waitingFor"] ?? .null)")
                return release["state"] == .string(state)
            }
        }

        /// Waits until that moment is over by the slowest of the agents' clocks.
        func pass(_ opening: Int64, ahead: [Int64]) async throws {
            let end = opening * 1_000 + 1_500 - (ahead.min() ?? 0)
            try await eventually("the time is over", within: .seconds(60), every: .milliseconds(50)) { _ in
                ReleaseOpeningClock.now >= end
            }
        }

        func variants() throws -> [String?] {
            try agents.map { try $0.connect().lookup(flag, targetingKey: "ann").variant }
        }
    }

    @Test("armed and then without a control node, each of 20 agents opens at the time by its own clock, never before")
    func withoutControl() async throws {
        let ahead = (0..<20).map { Int64(-500 + $0 * 1_000 / 19) }
        let fleet = try await Fleet(clocks: ahead)
        let opening = try fleet.start(in: 8)
        try await fleet.reaches("armed")
        try await fleet.converged()
        let watches = try zip(fleet.agents, ahead).map {
            try ReleaseOpeningWatch($0, flag: Self.flag, opening: opening, ahead: $1)
        }
        fleet.cluster.control.kill()
        let left = opening * 1_000 - ReleaseOpeningClock.now
        try #require(left > 500, "this machine was too slow: \(left) ms were left")

        try await eventually("all have it and were told") { sighting in
            sighting.note(watches.map { "\($0.opened ?? -1)/\($0.told ?? -1)" })
            return watches.allSatisfy { $0.opened != nil && $0.told != nil }
        }
        for watch in watches { watch.stop() }
        #expect(watches.flatMap(\.wrong) == [])
        #expect(watches.allSatisfy { $0.lookups > 10 && ($0.told ?? -1) >= 0 })
        let (opened, told) = (watches.compactMap(\.opened), watches.compactMap(\.told))
        print(
            "20 agents, clocks ±500 ms, control killed \(left) ms before the opening: by its own clock each opened up to",
            "\(opened.max() ?? -1) ms after it, and told its watchers up to \(told.max() ?? -1) ms after it")

        // Control finds it open.
        try await fleet.cluster.control.start()
        try await fleet.reaches("running")
        #expect(try fleet.variants().allSatisfy { $0 == "on" })
    }

    @Test("a release that is cancelled before its time opens nowhere")
    func withdrawn() async throws {
        let ahead: [Int64] = [-500, 0, 500]
        let fleet = try await Fleet(clocks: ahead)
        let opening = try fleet.start(in: 8)
        try await fleet.reaches("armed")
        try await fleet.converged()
        let cancelled = try await fleet.cluster.control.run("release", "cancel", "autumn")
        #expect(cancelled.code == 0, "\(cancelled)")
        try await fleet.converged()
        try #require(opening * 1_000 - ReleaseOpeningClock.now > 500, "this machine was too slow")
        fleet.cluster.control.kill()
        try await fleet.pass(opening, ahead: ahead)
        #expect(try fleet.variants().allSatisfy { $0 == "off" })
    }

    @Test("an agent whose clock is 2 s off keeps a release from being armed, is named, and takes an armed one back")
    func wrongClocks() async throws {
        let fleet = try await Fleet(clocks: [0, 2_000])
        func skew() throws -> Int64 {
            try fleet.cluster.control.fleet().agent("shop-1")?.json["skewMs"]?.integerValue ?? 0
        }
        try await eventually("control knows of the clock") { sighting in
            sighting.note(try skew())
            return try skew() > 1_900
        }
        let shown = try await fleet.cluster.control.run("fleet")
        #expect(shown.output.contains("\t+2.0 s\n"), "\(shown)")
        let opening = try fleet.start(in: 14)
        var release = try fleet.release()
        #expect(release["state"] == "scheduled", "\(release)")
        #expect(release["waitingFor"]?.compactText().contains("shop-1 is 2.0 s ahead") == true, "\(release)")
        #expect(
            release["waitingFor"]?.compactText().contains("shop-0") == false, "only the one that is off: \(release)")

        try fleet.clocks[1].set(ahead: 0)
        try await fleet.reaches("armed")
        try fleet.clocks[1].set(ahead: -2_000)
        try await fleet.reaches("scheduled")
        try await eventually("its clock has gone all the way") { sighting in
            release = try fleet.release()
            sighting.note(release["waitingFor"] ?? .null)
            return release["waitingFor"]?.compactText().contains("shop-1 is 2.0 s behind") == true
        }
        let last = release["history"]?.arrayValue?.last
        #expect(last?["trigger"] == "withdraw" && last?.compactText().contains("shop-1") == true, "\(release)")
        try await fleet.converged()
        try #require(opening * 1_000 - ReleaseOpeningClock.now > 500, "this machine was too slow")
        try await fleet.pass(opening, ahead: [-2_000])
        #expect(try fleet.variants() == ["off", "off"])
        #expect(try fleet.release()["state"] == "scheduled", "missed, and not opened late")
    }
}
