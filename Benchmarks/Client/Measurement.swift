import Figures
import Foundation
import Harness

/// What one way of asking came to.
struct Measurement {
    private var latencies = Samples()
    private var seconds = 0.0
    private var ownCPU = 0.0
    private var agentCPU = 0.0
    private(set) var wrong = 0

    /// What one task or thread saw.
    struct Part: Sendable {
        var latencies: [UInt64] = []
        var wrong = 0
    }

    init(_ agent: AgentProcess, _ body: () async throws -> [Part]) async throws {
        let (own, agents, start) = (Self.cpuSeconds, agent.process?.cpuSeconds ?? 0, nanoseconds())
        let parts = try await body()
        seconds = Double(nanoseconds() - start) / 1e9
        ownCPU = Self.cpuSeconds - own
        agentCPU = (agent.process?.cpuSeconds ?? 0) - agents
        for part in parts {
            for latency in part.latencies { latencies.add(latency) }
            wrong += part.wrong
        }
    }

    /// Lookups a second.
    var rate: Double { Double(latencies.count) / seconds }

    func add(_ name: String, to table: inout FigureTable) {
        let count = Double(latencies.count)
        table.add(
            name, rate.digits(0), (latencies.median * 1_000).digits(0), (latencies.p99 * 1_000).digits(0),
            (ownCPU / count * 1e6).digits(1), (agentCPU / count * 1e6).digits(1), "\(wrong)")
    }

    /// User and system time of this process.
    private static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        return times.map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }.reduce(0, +)
    }
}
