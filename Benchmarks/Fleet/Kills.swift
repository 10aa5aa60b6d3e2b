import Figures
import Foundation
import Harness
import JSON
import LookupProtocol

/// How long from a kill's request to its being seen on every agent's socket, while writers publish at full rate and every
/// agent fetches a snapshot with a large pilot group.
struct Kills {
    private let agentCount: Int
    private let memberCount: Int
    private let writerCount: Int
    private let killCount: Int
    private let pauseMilliseconds: Int

    init(_ options: Options) {
        agentCount = options.number("agents", 20)
        memberCount = options.number("members", 1_000_000)
        writerCount = options.number("writers", 8)
        killCount = options.number("kills", 300)
        pauseMilliseconds = options.number("pause", 50)
    }

    /// What was measured in one part of the run.
    private struct Figures {
        /// Over every (kill, agent) pair.
        var seen = Samples()
        /// Of each kill, its slowest agent.
        var slowest = Samples()
        var acknowledged = Samples()
        var changesASecond = 0.0
    }

    func run() async throws {
        let cluster = try await Cluster(agents: agentCount)
        let control = cluster.control
        let keys = (0..<writerCount * 10).map { "flag-\($0)" }
        // One for each kill: an agent that is fetching a snapshot sees no unkill before it has it.
        let victims = (0..<2 * killCount).map { "victim-\($0)" }
        let flags = (keys + victims).map {
            "\"\($0)\": {\"state\": \"ENABLED\", \"variants\": {\"on\": true, \"off\": false}, "
                + "\"defaultVariant\": \"on\", \"offVariant\": \"off\"}"
        }
        try control.apply("{\"flags\": {\(flags.joined(separator: ","))}}")
        try await cluster.converged()
        let calm = try await measure(cluster, keys, victims[..<killCount], until: nil)

        let goal = try await makeGroupWithoutAgents(cluster)
        let begun = nanoseconds()
        for agent in cluster.agents { try agent.launch() }
        for agent in cluster.agents { try await agent.answering() }
        try await eventually("all agents are live") { sighting in
            let fleet = try control.fleet()
            sighting.note(fleet.json.compactText())
            return fleet.agents.count { $0.state == "live" } == agentCount
        }
        let loaded = try await measure(cluster, keys, victims[killCount...], until: goal)
        try await cluster.converged(within: .seconds(300))
        let settled = Double(nanoseconds() - begun) / 1e9

        print("\n\(agentCount) agents, \(writerCount) writers, a kill each \(pauseMilliseconds) ms; milliseconds")
        var table = FigureTable(
            "", "kills", "median", "p99", "largest", "slowest agent: median", "p99", "acknowledged: median", "p99",
            "changes/s")
        func add(_ name: String, _ figures: Figures) {
            table.add(
                name, "\(figures.slowest.count)", figures.seen.median.digits(2), figures.seen.p99.digits(2),
                figures.seen.largest.digits(2), figures.slowest.median.digits(2), figures.slowest.p99.digits(2),
                figures.acknowledged.median.digits(2), figures.acknowledged.p99.digits(2),
                figures.changesASecond.digits(0))
        }
        add("request sent → seen, ordinary changes at full rate", calm)
        add("the same, a snapshot of \(memberCount) members in flight", loaded)
        print(table.text)
        print("everyone holds the snapshot and what followed \(settled.digits(1)) s after the agents' start")
        try await restore(cluster, victims)
    }

    /// While the agents are away, in more bytes of deltas than control holds in memory: when they are back, each fetches
    /// the whole group. Returns the revision that has it.
    private func makeGroupWithoutAgents(_ cluster: Cluster) async throws -> UInt64 {
        for agent in cluster.agents { try await agent.stop() }
        let count = memberCount
        try await onThread {
            try Self.post(cluster.control, "pilots", "{\"name\": \"many\"}")
            for start in stride(from: 0, to: count, by: 5_000) {
                let names = (start..<min(start + 5_000, count)).map { "\"a-member-with-a-rather-long-name-\($0)\"" }
                try Self.post(cluster.control, "pilots/many/members", "{\"add\": [\(names.joined(separator: ","))]}")
            }
        }
        return UInt64(try cluster.control.environmentState().number)
    }

    /// Unkills everything, and sees that every agent serves what it did before.
    private func restore(_ cluster: Cluster, _ victims: [String]) async throws {
        for victim in victims { try Self.post(cluster.control, "flags/\(victim)/unkill", "{}") }
        try await cluster.converged(within: .seconds(120))
        for agent in cluster.agents {
            let connection = try agent.connect()
            for victim in victims where try connection.lookup(victim).value != .bool(true) {
                throw HarnessError("\(victim) isn't restored at \(agent.name)")
            }
        }
    }

    private static func post(_ control: ControlProcess, _ path: String, _ body: String) throws {
        let answer = try HTTPConnection.request(
            .tcp(control.apiPort), "POST", "/v1/environments/production/" + path, body: Array(body.utf8))
        guard (200...201).contains(answer.status) else {
            throw HarnessError("POST \(path): \(answer.status) \(answer.text)")
        }
    }

    // MARK: Measuring

    /// Kills one flag after another under the writers' load: all of them, or those for which there is time until every
    /// agent shows the revision `goal`.
    private func measure(
        _ cluster: Cluster, _ keys: [String], _ victims: ArraySlice<String>, until goal: UInt64?
    ) async throws -> Figures {
        let port = cluster.control.apiPort
        let writers = (0..<writerCount).map { writer in
            ChangeWriter(port: port, keys: Array(keys[(writer * 10)..<(writer * 10 + 10)]), until: .max)
        }
        async let writing: Void = withThrowingTaskGroup(of: Void.self) { group in
            for writer in writers { group.addTask { try await onThread { try writer.run() } } }
            try await group.waitForAll()
        }
        let sockets = cluster.agents.map(\.socket)
        let pause = UInt32(pauseMilliseconds) * 1_000
        let figures = try await onThread {
            defer { for writer in writers { writer.stop() } }
            let operatorSocket = try BlockingSocket(.tcp(port))
            let watches = try sockets.map { try KillWatch($0) }
            for watch in watches { try watch.begin() }
            var figures = Figures()
            let began = nanoseconds()
            for victim in victims {
                let start = nanoseconds()
                try operatorSocket.send(Self.request(victim))
                let (seen, acknowledged) = try KillRound(watches: watches, acknowledging: operatorSocket).run(victim)
                for moment in seen { figures.seen.add(moment - start) }
                if let last = seen.max() { figures.slowest.add(last - start) }
                figures.acknowledged.add(acknowledged - start)
                if let goal, watches.allSatisfy({ $0.number >= goal }) { break }
                usleep(pause)
            }
            let took = Double(nanoseconds() - began) / 1e9
            figures.changesASecond = Double(writers.map(\.made).reduce(0, +)) / took
            return figures
        }
        try await writing
        return figures
    }

    private static func request(_ victim: String) -> [UInt8] {
        Array(
            """
            POST /v1/environments/production/flags/\(victim)/kill HTTP/1.1\r
            Host: localhost\r
            Content-Type: application/json\r
            Content-Length: 2\r
            \r
            {}
            """.utf8)
    }
}
