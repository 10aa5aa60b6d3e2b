import Figures
import Foundation
import Harness
import LookupProtocol

/// What a load balancer's question costs at one agent, beside nginx's own `return 204`, both on Unix sockets.
///
///     client-benchmark route [--rounds 5] [--seconds 2] [--nginx /usr/sbin/nginx]
///
/// Every round measures each kind once, in an order that moves on; what is printed are medians over the rounds.
struct RouteBenchmark {
    private struct Kind {
        var name: String
        var load: KeepAliveLoad
        var server: RunningProcess
    }

    private struct Figures {
        var rate: Double
        var p50: Double
        var p99: Double
        /// Of the server, seconds a million requests.
        var cpu: Double
    }

    private static let users = 1_000
    private static let connections = [1, 16, 50]

    private let rounds: Int
    private let seconds: Double
    private let nginx: String?

    init(_ options: Options) {
        rounds = max(1, options.number("rounds", 5))
        seconds = Double(max(1, options.number("seconds", 2)))
        nginx = options.text("nginx")
    }

    func run() async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.apply(Self.document)
        try await cluster.converged()
        let agent = cluster.agents[0]
        guard let process = agent.process else { throw HarnessError("the agent isn't running") }
        let peer = try await NginxPeer.start(in: cluster.directory.path, binary: nginx)
        let versions = try Self.versions(agent)
        var kinds = [
            Kind(
                name: "agent, header=",
                load: KeepAliveLoad(socket: agent.socket, exchanges: Self.byHeader(versions)), server: process),
            Kind(
                name: "agent, cookie=",
                load: KeepAliveLoad(socket: agent.socket, exchanges: Self.byCookie(versions)), server: process),
            Kind(
                name: "agent, cookie= that it issues",
                load: KeepAliveLoad(socket: agent.socket, exchanges: [Self.withoutCookie]), server: process),
        ]
        if let peer {
            let exchanges = Self.byHeader(versions.map { ($0.user, nil) })
            kinds.append(
                Kind(
                    name: "\(peer.version), return 204",
                    load: KeepAliveLoad(socket: peer.socket, exchanges: exchanges), server: peer.process))
        }

        print("GET /route/checkout, \(rounds) rounds of \(Int(seconds)) s for each kind, medians\n")
        var wrong = 0
        for count in Self.connections {
            let (figures, failed) = try await measure(kinds, connections: count)
            wrong += failed
            report(kinds, figures, connections: count, hasPeer: peer != nil)
        }
        print("\(wrong) wrong answers")
        guard wrong == 0 else { throw HarnessError("\(wrong) answers were not what a lookup gives") }
    }

    /// By kind, one for each round; and how many answers were wrong.
    private func measure(_ kinds: [Kind], connections: Int) async throws -> ([[Figures]], Int) {
        var figures = [[Figures]](repeating: [], count: kinds.count)
        var wrong = 0
        for kind in kinds {
            _ = try await onThread { [load = kind.load] in try load.run(connections: connections, seconds: 0.3).wrong }
        }
        for round in 0..<rounds {
            for turn in kinds.indices {
                let index = (turn + round) % kinds.count
                let kind = kinds[index]
                let before = kind.server.cpuSeconds
                let seconds = seconds
                let outcome = try await onThread { [load = kind.load] in
                    try load.run(connections: connections, seconds: seconds)
                }
                let count = Double(outcome.latencies.count)
                figures[index].append(
                    Figures(
                        rate: count / outcome.seconds, p50: outcome.latencies.median * 1_000,
                        p99: outcome.latencies.p99 * 1_000, cpu: (kind.server.cpuSeconds - before) / count * 1e6))
                wrong += outcome.wrong
            }
        }
        return (figures, wrong)
    }

    private func report(_ kinds: [Kind], _ figures: [[Figures]], connections: Int, hasPeer: Bool) {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        var table = FigureTable(
            connections == 1 ? "1 connection" : "\(connections) connections", "requests/s", "p50 µs", "p99 µs",
            "server's CPU s/million")
        for (kind, rounds) in zip(kinds, figures) {
            table.add(
                kind.name, median(rounds.map(\.rate)).digits(0), median(rounds.map(\.p50)).digits(0),
                median(rounds.map(\.p99)).digits(0), median(rounds.map(\.cpu)).digits(1))
        }
        if hasPeer, let peer = figures.last {
            for (kind, rounds) in zip(kinds, figures).dropLast() {
                // Of each round its own ratio: both sides met the same minute.
                func ratio(_ figure: (Figures) -> Double) -> String {
                    median(zip(rounds, peer).map { figure($0) / figure($1) }).digits(2)
                }
                table.add("  \(kind.name): nginx's times", ratio(\.rate), ratio(\.p50), ratio(\.p99), ratio(\.cpu))
            }
        }
        print(table.text + "\n")
    }

    // MARK: What is asked

    private static var document: String {
        let members = (0..<users).filter { $0.isMultiple(of: 10) }.map { "\"user-\($0)\"" }
        return """
            {"components": {"checkout": {
               "versions": {"1.0": {"upstream": "blue"}, "1.1": {"upstream": "green"}, "2.0-beta": {"upstream": "lab"}},
               "defaultVersion": "1.0", "pilots": [{"pilot": "early", "version": "2.0-beta"}],
               "split": {"1.0": 80, "1.1": 15}}},
             "pilots": {"early": {"members": [\(members.joined(separator: ","))]}}}
            """
    }

    /// What each user gets by the binary protocol.
    private static func versions(_ agent: AgentProcess) throws -> [(user: String, version: String?)] {
        let connection = try LookupConnection(agent.socket)
        let versions = try (0..<users).map { number in
            let user = "user-\(number)"
            let answer = try connection.lookup(
                MarkedKey.of(component: "checkout"), targetingKey: user, expected: .string)
            return (user: user, version: answer.variant)
        }
        guard Set(versions.map(\.version)) == ["1.0", "1.1", "2.0-beta"] else {
            throw HarnessError("not every version has users: \(Set(versions.map(\.version)))")
        }
        return versions
    }

    private static func byHeader(_ users: [(user: String, version: String?)]) -> [KeepAliveLoad.Exchange] {
        users.map { exchange("?header=X-User", "X-User: \($0.user)", $0.version) }
    }

    private static func byCookie(_ users: [(user: String, version: String?)]) -> [KeepAliveLoad.Exchange] {
        users.map { exchange("?cookie=visitor", "Cookie: theme=dark; visitor=\($0.user); lang=en", $0.version) }
    }

    private static var withoutCookie: KeepAliveLoad.Exchange {
        var exchange = exchange("?cookie=visitor", "Cookie: theme=dark; lang=en", nil)
        exchange.wanted = Array("\r\nSet-Cookie: visitor=".utf8)
        return exchange
    }

    private static func exchange(_ query: String, _ header: String, _ version: String?) -> KeepAliveLoad.Exchange {
        KeepAliveLoad.Exchange(
            request: Array("GET /route/checkout\(query) HTTP/1.1\r\nHost: agent\r\n\(header)\r\n\r\n".utf8),
            wanted: version.map { Array("\r\nPilotlight-Version: \($0)\r\n".utf8) })
    }
}
