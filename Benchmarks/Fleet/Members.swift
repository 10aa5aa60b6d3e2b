import Figures
import Foundation
import Harness
import JSON
import LookupProtocol

/// A pilot group of a million: what one more member costs on the wire and until every agent knows it, what the group
/// costs in memory, and how soon an agent answers from it after a start.
struct Members {
    private let agentCount: Int
    private let memberCount: Int
    private let changes: Int
    /// Members in one request, as the command line sends them.
    private static let chunk = 5_000

    init(_ options: Options) {
        agentCount = options.number("agents", 50)
        memberCount = options.number("members", 1_000_000)
        changes = options.number("changes", 200)
    }

    func run() async throws {
        let cluster = try await Cluster(agents: agentCount - 1)
        let control = cluster.control
        // One more, whose bytes are counted on their way.
        let relay = try ControlRelay(to: control)
        let counted = AgentProcess("counted", in: cluster.directory.path, of: control, through: relay)
        try await counted.start()
        try control.ask("POST", "/v1/environments/production/pilots", ["name": "beta"])
        try control.apply(Self.document)
        try await cluster.converged(agents: agentCount)
        let empty = try await Self.restarted(counted)

        let importing = nanoseconds()
        try await importMembers(control)
        let acknowledged = nanoseconds()
        try await cluster.converged(agents: agentCount, within: .seconds(1_800))
        let everywhere = nanoseconds()
        let live = counted.process?.residentBytes ?? 0

        let agents = cluster.agents + [counted]
        let flags = try await measure(agents, control, relay) { change, _ in
            (Self.flagChange(change), LookupRequest(id: 0, key: "checkout"))
        }
        let adds = try await measure(agents, control, relay) { _, user in
            (Self.addition(user), LookupRequest(id: 0, key: "pilot", subject: LookupSubject(targetingKey: user)))
        }
        try await cluster.converged(agents: agentCount)
        let controlBytes = control.process?.residentBytes ?? 0
        control.kill()
        let (starts, full) = try await measureStarts(counted)

        print(
            "\n\(memberCount) members in one group, \(agentCount) agents; \(changes) changes of each kind; milliseconds"
        )
        var table = FigureTable(
            "request sent → answer at that revision", "median", "p99", "slowest agent: median", "p99", "bytes")
        flags.add("a flag's default variant", to: &table)
        adds.add("one more member", to: &table)
        print(table.text)
        print("\nbytes: to and from one agent, a change, with heartbeats and reports\n")
        var sizes = FigureTable("", "figure")
        func seconds(_ nanoseconds: UInt64) -> String { (Double(nanoseconds) / 1e9).digits(1) + " s" }
        sizes.add("import in requests of \(Self.chunk): acknowledged after", seconds(acknowledged - importing))
        sizes.add("applied and cached at every agent after", seconds(everywhere - importing))
        sizes.add("control's memory", controlBytes.mebibytes)
        sizes.add("agent's memory, no members, after a start from the cache", empty.mebibytes)
        sizes.add("agent's memory, all members, after the import", live.mebibytes)
        sizes.add("agent's memory, all members, after a start from the cache", full.mebibytes)
        sizes.add("agent's memory per member", (Double(full - empty) / Double(memberCount)).digits(1) + " bytes")
        sizes.add("start from the cache → first answer, median of \(starts.count)", "\(starts.median.digits(0)) ms")
        print(sizes.text)
    }

    /// What was measured of one kind of change.
    private struct Outcome {
        var answers = Propagation.Figures()
        var bytes = 0.0

        func add(_ name: String, to table: inout FigureTable) {
            table.add(
                name, answers.all.median.digits(2), answers.all.p99.digits(2), answers.slowest.median.digits(2),
                answers.slowest.p99.digits(2), bytes.digits(0))
        }
    }

    /// - Parameter make: of a change's number and its user, the operator's request, and what every agent is then asked.
    private func measure(
        _ agents: [AgentProcess], _ control: ControlProcess, _ relay: ControlRelay,
        _ make: @escaping @Sendable (Int, String) -> (request: [UInt8], question: LookupRequest)
    ) async throws -> Outcome {
        let (changes, sockets, first) = (changes, agents.map(\.socket), try control.environmentState().number + 1)
        return try await onThread {
            let operatorSocket = try BlockingSocket(.tcp(control.apiPort))
            let watches = try sockets.map { try Watch($0) }
            for watch in watches { try watch.begin() }
            var outcome = Outcome()
            let warmUp = 20
            var carried = 0
            for change in 0..<(changes + warmUp) {
                if change == warmUp { carried = relay.carried }
                let (request, question) = make(change, "newcomer-\(change)@example.org")
                for watch in watches { watch.question = question }
                let start = nanoseconds()
                try operatorSocket.send(request)
                let result = try WatchRound(watches: watches, acknowledging: operatorSocket)
                    .run(until: UInt64(first) + UInt64(change))
                let expected = question.key == "pilot" ? "on" : change.isMultiple(of: 2) ? "on" : "off"
                guard watches.allSatisfy({ $0.answer?.variant == expected }) else {
                    throw HarnessError("change \(change) has brought \(watches.map { $0.answer?.variant })")
                }
                if change >= warmUp { outcome.answers.add(result.answers.map { $0 - start }) }
            }
            // The last report is still to come.
            usleep(300_000)
            outcome.bytes = Double(relay.carried - carried) / Double(changes)
            return outcome
        }
    }

    private func measureStarts(_ agent: AgentProcess) async throws -> (Samples, Int) {
        var starts = Samples()
        let last = Self.name(memberCount - 1)
        for _ in 0..<5 {
            agent.kill()
            let start = nanoseconds()
            try agent.launch()
            let socket = agent.socket
            try await onThread {
                while true {
                    let answer = try? LookupConnection(socket).lookup("pilot", targetingKey: last)
                    if answer?.variant == "on" { return }
                    usleep(500)
                }
            }
            starts.add(nanoseconds() - start)
        }
        return (starts, agent.process?.residentBytes ?? 0)
    }

    private static func restarted(_ agent: AgentProcess) async throws -> Int {
        agent.kill()
        try await agent.start()
        return agent.process?.residentBytes ?? 0
    }

    // MARK: Changes

    private static func name(_ member: Int) -> String { "customer-\(member)@example.org" }

    private func importMembers(_ control: ControlProcess) async throws {
        let count = memberCount
        try await onThread {
            for start in stride(from: 0, to: count, by: Self.chunk) {
                let names = (start..<min(count, start + Self.chunk)).map { JSONValue.string(Self.name($0)) }
                try control.ask("POST", "/v1/environments/production/pilots/beta/members", ["add": .array(names)])
            }
        }
    }

    private static let document = """
        {"flags": {
          "checkout": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"},
          "pilot": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                    "targeting": {"if": [{"in_pilot": "beta"}, "on", "off"]}}}}
        """

    private static func flagChange(_ change: Int) -> [UInt8] {
        request("PATCH", "flags/checkout", "{\"defaultVariant\":\"\(change.isMultiple(of: 2) ? "on" : "off")\"}")
    }

    private static func addition(_ user: String) -> [UInt8] {
        request("POST", "pilots/beta/members", "{\"add\":[\"\(user)\"]}")
    }

    private static func request(_ method: String, _ path: String, _ body: String) -> [UInt8] {
        Array(
            """
            \(method) /v1/environments/production/\(path) HTTP/1.1\r
            Host: localhost\r
            Pilotlight-Actor: benchmark\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }
}
