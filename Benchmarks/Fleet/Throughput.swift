import Figures
import Foundation
import Harness
import Synchronization

/// As many changes a second as some writers can make, with agents attached.
struct Throughput {
    private let agentCount: Int
    private let writerCount: Int
    private let seconds: Int

    init(_ options: Options) {
        agentCount = options.number("agents", 20)
        writerCount = options.number("writers", 8)
        seconds = options.number("seconds", 30)
    }

    func run() async throws {
        let cluster = try await Cluster(agents: agentCount)
        let control = cluster.control
        let keys = (0..<writerCount * 10).map { "flag-\($0)" }
        let flags = keys.map {
            "\"\($0)\": {\"state\": \"ENABLED\", \"variants\": {\"on\": true, \"off\": false}, "
                + "\"defaultVariant\": \"off\"}"
        }
        try control.apply("{\"flags\": {\(flags.joined(separator: ","))}}")
        try await cluster.converged()
        let before = try Counts(cluster)

        let end = nanoseconds() + UInt64(seconds) * 1_000_000_000
        let writers = (0..<writerCount).map { writer in
            ChangeWriter(port: control.apiPort, keys: Array(keys[(writer * 10)..<(writer * 10 + 10)]), until: end)
        }
        async let finished: Void = withThrowingTaskGroup(of: Void.self) { group in
            for writer in writers { group.addTask { try await onThread { try writer.run() } } }
            try await group.waitForAll()
        }
        var memory = FigureTable("second", "control", "agent-0", "changes so far", "agent-0's lag")
        let start = nanoseconds()
        var next = 0
        while next <= seconds {
            let at = start + UInt64(next) * 1_000_000_000
            while nanoseconds() < at { try await Task.sleep(for: .milliseconds(20)) }
            let fleet = try control.fleet()
            let lag = fleet.agent("agent-0").map { fleet.number - ($0.number ?? 0) } ?? -1
            memory.add(
                "\(next)", (control.process?.residentBytes ?? 0).mebibytes,
                (cluster.agents[0].process?.residentBytes ?? 0).mebibytes, "\(writers.map(\.made).reduce(0, +))",
                "\(lag)")
            next += 10
        }
        try await finished
        let took = Double(nanoseconds() - start) / 1e9
        let made = writers.map(\.made).reduce(0, +)
        let settling = nanoseconds()
        let fleet = try await cluster.converged(within: .seconds(60))
        let settled = Double(nanoseconds() - settling) / 1e9
        let after = try Counts(cluster)
        memory.add(
            "settled", (control.process?.residentBytes ?? 0).mebibytes,
            (cluster.agents[0].process?.residentBytes ?? 0).mebibytes, "\(made)", "0")

        var latencies = Samples()
        for writer in writers { latencies.add(writer.latencies) }
        print("\n\(writerCount) writers for \(seconds) s, \(agentCount) agents")
        var table = FigureTable("", "figure")
        table.add("changes acknowledged a second", (Double(made) / took).digits(0))
        table.add("acknowledged in all", "\(made)")
        table.add("latency of a change: median, p99", "\(latencies.median.digits(2)) ms, \(latencies.p99.digits(2)) ms")
        table.add("control: number moved by", "\(fleet.number - 1)")
        table.add("control: commits a second", ((after.controlCommits - before.controlCommits) / took).digits(0))
        table.add(
            "control: changes per commit",
            (Double(made) / max(1, after.controlCommits - before.controlCommits)).digits(1))
        table.add("each agent: commits a second", ((after.agentCommits - before.agentCommits) / took).digits(0))
        table.add(
            "each agent: revisions per commit",
            (Double(made) / max(1, after.agentCommits - before.agentCommits)).digits(1))
        table.add("catch-ups asked for", (after.catchUps - before.catchUps).digits(0))
        table.add("everyone has it after the last acknowledgement", "\((settled * 1_000).digits(0)) ms")
        table.add("digests", Set(fleet.agents.map(\.digest)) == [fleet.digest] ? "all equal" : "DIFFERENT")
        table.add("CPU of control", "\(((after.controlCPU - before.controlCPU) / took * 100).digits(0)) % of a core")
        table.add("CPU of all agents", "\(((after.agentCPU - before.agentCPU) / took * 100).digits(0)) % of a core")
        print(table.text)
        print("\nresident memory\n" + memory.text)
    }

    /// Counters of both sides, from their metrics pages.
    private struct Counts {
        var controlCommits: Double
        var agentCommits: Double
        var catchUps: Double
        var controlCPU: Double
        var agentCPU: Double

        init(_ cluster: Cluster) throws {
            controlCommits = try cluster.control.metric("pilotlight_control_commits_total")
            agentCommits = try cluster.agents[0].metric("pilotlight_link_commits_total")
            catchUps = try cluster.control.metric("pilotlight_control_catch_ups_total")
            controlCPU = cluster.control.process?.cpuSeconds ?? 0
            agentCPU = cluster.agents.map { $0.process?.cpuSeconds ?? 0 }.reduce(0, +)
        }
    }
}

/// Sends one change after another on one connection: the default variant of its own flags, to and fro.
final class ChangeWriter: Sendable {
    private struct State {
        var made = 0
        var latencies = Samples()
        var isStopped = false
    }

    private let port: Int
    private let keys: [String]
    private let end: UInt64
    private let state = Mutex(State())

    init(port: Int, keys: [String], until end: UInt64) {
        self.port = port
        self.keys = keys
        self.end = end
    }

    var made: Int { state.withLock { $0.made } }
    var latencies: Samples { state.withLock { $0.latencies } }

    /// Before its time is over.
    func stop() { state.withLock { $0.isStopped = true } }

    func run() throws {
        let socket = try BlockingSocket(.tcp(port))
        let requests = ["on", "off"].map { variant in keys.map { Self.request($0, variant) } }
        var round = 0
        while true {
            for request in requests[round % 2] {
                let start = nanoseconds()
                guard start < end, !state.withLock({ $0.isStopped }) else { return }
                try socket.send(request)
                try Self.readAnswer(socket)
                let took = nanoseconds() - start
                state.withLock {
                    $0.made += 1
                    $0.latencies.add(took)
                }
            }
            round += 1
        }
    }

    private static func request(_ key: String, _ variant: String) -> [UInt8] {
        let body = "{\"defaultVariant\":\"\(variant)\"}"
        return Array(
            """
            PATCH /v1/environments/production/flags/\(key) HTTP/1.1\r
            Host: localhost\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }

    /// Reads one answer with a length; anything but 200 is an error.
    private static func readAnswer(_ socket: BlockingSocket) throws {
        var bytes = try socket.receive()
        let status = Array("HTTP/1.1 200".utf8)
        while true {
            if let length = wholeLength(bytes) {
                guard bytes.starts(with: status) else { throw HarnessError(String(decoding: bytes, as: UTF8.self)) }
                if bytes.count >= length { return }
            }
            let more = try socket.receive()
            guard !more.isEmpty else { throw HarnessError("control closed the connection") }
            bytes += more
        }
    }

    /// Length of head and body, once the head is there.
    private static func wholeLength(_ bytes: [UInt8]) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10 {
                let head = String(decoding: bytes[...index], as: UTF8.self).lowercased()
                guard let range = head.range(of: "content-length: ") else { return nil }
                return Int(head[range.upperBound...].prefix { $0.isNumber }).map { $0 + index + 1 }
            }
            index += 1
        }
        return nil
    }
}
