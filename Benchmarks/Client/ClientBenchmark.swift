import Figures
import Foundation
import Harness
import PilotlightClient

/// The Swift client against one agent, beside other ways to ask the same agent on the same socket.
///
///     client-benchmark [--lookups 1000000] [--tasks 8]
///     client-benchmark route [--rounds 5] [--seconds 2] [--nginx /usr/sbin/nginx]
@main
enum ClientBenchmark {
    static func main() async {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        do {
            switch options.words.first {
            case nil: try await run(lookups: options.number("lookups", 1_000_000), tasks: options.number("tasks", 8))
            case "route": try await RouteBenchmark(options).run()
            default:
                print("usage: client-benchmark [route] [--lookups N] [--rounds N] …")
                exit(64)
            }
        } catch {
            print("client-benchmark: \(error)")
            exit(1)
        }
    }

    private static func run(lookups: Int, tasks: Int) async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.apply(Question.document)
        try await cluster.converged()
        let agent = cluster.agents[0]
        let client = FlagClient(FlagClientConfiguration(socketPath: agent.socket, lookupDeadline: .seconds(10)))

        let peerLookups = max(tasks, lookups / 5)
        _ = try await ClientAsker(client).measure(lookups: lookups / 20, tasks: tasks, agent)
        let own = try await ClientAsker(client).measure(lookups: lookups, tasks: tasks, agent)
        let connections = try MetricPage(agent.http("GET", "/metrics").text)
            .value(#"pilotlight_connections{protocol="binary"}"#)
        let frames = try await BlockingPeer(.frames).measure(lookups: peerLookups, threads: tasks, agent)
        let http = try await BlockingPeer(.ofrep).measure(lookups: peerLookups, threads: tasks, agent)

        print("\n\(lookups) lookups from \(tasks) tasks over \(Int(connections)) connection, each answer compared\n")
        var table = FigureTable("", "lookups/s", "median µs", "p99 µs", "asker's CPU µs", "agent's CPU µs", "wrong")
        own.add("PilotlightClient, \(tasks) tasks, 1 connection", to: &table)
        frames.add("same protocol, \(tasks) blocking threads with a connection each", to: &table)
        http.add("OFREP, \(tasks) blocking threads with an HTTP/1.1 connection each", to: &table)
        print(table.text)
        print(
            """

            throughput beside OFREP: \((own.rate / http.rate).digits(2)) times; beside blocking threads: \
            \((own.rate / frames.rate).digits(2)) times
            """)

        await client.shutdown()

        let outage = try await Outage(agent).run(tasks: tasks)
        print("\n" + outage.text)
        guard own.wrong + frames.wrong + http.wrong + outage.wrong == 0 else { exit(1) }
    }
}
