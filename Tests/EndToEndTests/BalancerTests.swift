import Foundation
import Harness
import Testing

/// Users who come by a load balancer and are moved from blue to green, while the agent and the control node are killed.
@Suite("Load balancers", .gently)
struct BalancerTests {
    private static func size(_ variable: String, or short: Int) -> Int {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? short
    }

    /// 20,000 and 2,000 in the full run (scripts/balancer), fewer in CI.
    static let keyed = size("PILOTLIGHT_BALANCER_USERS", or: 2_000)
    static let anonymous = size("PILOTLIGHT_BALANCER_VISITORS", or: 200)
    static let pairs = size("PILOTLIGHT_BALANCER_PAIRS", or: 300)
    /// Gone through in this order. At 30 % the agent dies, at 60 % the control node and after it the agent.
    static let percentages =
        keyed < 10_000 ? [1, 10, 30, 60, 100] : [1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100]

    @Test("nobody goes back from green to blue, no request fails, whoever is killed; `component who` knows every side")
    func blueGreen() async throws {
        let shop = try await Shop(keyed: Self.keyed, anonymous: Self.anonymous)
        let (cluster, traffic) = (shop.cluster, shop.traffic)
        let (control, agent) = (cluster.control, cluster.agents[0])
        async let visits: Void = traffic.run()
        defer { traffic.stop() }
        for percent in Self.percentages {
            try await shop.split(percent)
            if percent == 30 {
                // The step is on its way, or has just come.
                agent.kill()
                try await shop.expectOutage(newcomers: .agentDead, "the agent was dead")
                try await agent.start()
            }
            try await cluster.converged()
            try await traffic.everyoneVisits()
            if percent == 60 {
                control.kill()
                traffic.arrive(.controlDead)
                try await traffic.everyoneVisits()
                try await shop.expectShare(percent, of: .controlDead, "the control node was dead")
                agent.kill()
                try await shop.expectOutage(newcomers: .bothDead, "both were dead")
                // From its cache: there is nobody to ask.
                try await agent.start()
                try await traffic.everyoneVisits()
                try await shop.expectShare(percent, of: .bothDead, "both were dead")
                try await control.start()
                try await cluster.converged()
                try await traffic.everyoneVisits()
            }
            if percent == 30 { try await shop.expectShare(percent, of: .agentDead, "the agent was dead") }
            try await shop.expectSides(percent)
        }
        traffic.stop()
        try await visits
        shop.expectNothingWrong()
        try shop.measure(pairs: Self.pairs)
        print(shop.report)
    }

    @Test("HAProxy keeps everybody's side in the same way") func haproxy() async throws {
        let shop = try await Shop(keyed: 200, anonymous: 50, by: .haproxy)
        let agent = shop.cluster.agents[0]
        async let visits: Void = shop.traffic.run()
        defer { shop.traffic.stop() }
        for percent in [10, 50, 100] {
            try await shop.split(percent)
            try await shop.cluster.converged()
            try await shop.traffic.everyoneVisits()
            if percent == 50 {
                agent.kill()
                try await shop.expectOutage(newcomers: .agentDead, "the agent was dead")
                try await agent.start()
                try await shop.traffic.everyoneVisits()
            }
            try await shop.expectSides(percent)
        }
        shop.traffic.stop()
        try await visits
        shop.expectNothingWrong()
    }

    @Test(
        "an agent that hangs holds up a request for a moment and fails none",
        arguments: [Balancer.Program.nginx, .haproxy])
    func hangingAgent(_ program: Balancer.Program) async throws {
        let shop = try await Shop(keyed: 0, anonymous: 0, by: program)
        try await shop.split(100)
        try await shop.cluster.converged()
        let connection = ShopConnection(shop.balancer.port)
        // It is given a moment only, and a busy machine may take longer.
        let before = try await awaited("the agent answers in time") { _ in
            let visit = try connection.visit(as: "ann", cookies: [:])
            return visit.version == nil ? nil : visit
        }
        #expect(before.side == "green" && before.version == "1.1")
        let kept = Dictionary(before.cookies.map { ($0.name, $0.value) }) { $1 }
        #expect(kept == ["shop_side": "green"])
        let process = try #require(shop.cluster.agents[0].process)
        process.freeze()
        let known = try connection.visit(as: "ann", cookies: kept)
        #expect(known.side == "green" && known.version == nil && known.cookies.isEmpty)
        // Its own choice isn't kept, and neither is a side that there isn't.
        let new = try connection.visit(as: "ben", cookies: ["shop_side": "red"])
        #expect(new.side == "blue" && new.version == nil && new.cookies.isEmpty)
        process.thaw()
        try await eventually("the agent answers again") { _ in
            try connection.visit(as: "ben", cookies: [:]).version == "1.1"
        }
    }

    @Test("a component that there isn't, a side that there isn't: the default side, and nothing is kept of it")
    func nothingToGoBy() async throws {
        let cluster = try await Cluster(agents: 1)
        let balancer = try await Balancer(asking: cluster.agents[0].socket, in: cluster.directory)
        let connection = ShopConnection(balancer.port)
        let unknown = try connection.visit(as: "ann", cookies: [:])
        #expect(unknown.side == "blue" && unknown.version == nil && unknown.cookies.isEmpty && unknown.user == "ann")
        #expect(try connection.visit(as: nil, cookies: ["shop_side": "green"]).side == "green")

        try await cluster.done("component", "create", "shop", "--version", "1.0", "--upstream", "red")
        let strange = try await awaited("the agent answers in time") { _ in
            let visit = try connection.visit(as: "ann", cookies: [:])
            return visit.version == nil ? nil : visit
        }
        #expect(strange.side == "blue" && strange.version == "1.0" && strange.cookies.isEmpty)
        // The key is of use all the same.
        let visitor = try await awaited("the agent answers in time") { _ in
            let visit = try connection.visit(as: nil, cookies: ["shop_side": "green"])
            return visit.version == nil ? nil : visit
        }
        #expect(visitor.side == "green" && visitor.cookies.map(\.name) == ["visitor"])
        #expect(visitor.cookies.first?.value == visitor.user)
    }
}
