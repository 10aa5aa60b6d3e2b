import Figures
import Foundation
import Harness
import LookupProtocol

/// What control and agent cost when nothing happens, and what flags cost.
struct Footprint {
    private let flagCount: Int
    private let seconds: Int

    init(_ options: Options) {
        flagCount = options.number("flags", 10_000)
        seconds = options.number("seconds", 30)
    }

    func run() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        guard let control = cluster.control.process, let process = agent.process else { return }
        try cluster.control.apply(Self.document(16))
        try await cluster.converged()
        let before = (control.cpuSeconds, process.cpuSeconds)
        try await Task.sleep(for: .seconds(seconds))
        let after = (control.cpuSeconds, process.cpuSeconds)

        print("\nidle, one agent with 16 flags, over \(seconds) s")
        var table = FigureTable("", "control", "agent")
        table.add("resident memory", control.residentBytes.mebibytes, process.residentBytes.mebibytes)
        func share(_ used: Double) -> String { (used / Double(seconds) * 100).digits(2) + " % of a core" }
        table.add("CPU", share(after.0 - before.0), share(after.1 - before.1))
        table.add("threads", "\(control.threadCount)", "\(process.threadCount)")
        table.add("open files", "\(control.openFileCount)", "\(process.openFileCount)")
        let (size, stripped) = try await Self.binarySize(cluster.directory)
        table.add("binary, stripped", size.mebibytes, stripped.mebibytes)
        print(table.text)
        try await measureFlags(cluster)
    }

    /// Memory by flag, and how soon a start from the cache answers.
    private func measureFlags(_ cluster: Cluster) async throws {
        let agent = cluster.agents[0]
        let (control, empty) = (cluster.control, try await restarted(agent))
        let publishing = nanoseconds()
        try control.apply(Self.document(flagCount))
        let acknowledged = nanoseconds()
        try await cluster.converged()
        let everywhere = nanoseconds()
        let live = agent.process?.residentBytes ?? 0
        let controlBytes = control.process?.residentBytes ?? 0
        control.kill()

        var starts = Samples()
        var full = 0
        for _ in 0..<5 {
            agent.kill()
            let start = nanoseconds()
            try agent.launch()
            let socket = agent.socket
            try await onThread {
                while true {
                    if let answer = try? LookupConnection(socket).lookup("flag-7"), answer.value != nil { return }
                    usleep(200)
                }
            }
            starts.add(nanoseconds() - start)
            full = agent.process?.residentBytes ?? 0
        }
        print("\n\(flagCount) flags in one document")
        var table = FigureTable("", "figure")
        table.add("acknowledged after", "\((Double(acknowledged - publishing) / 1e6).digits(0)) ms")
        table.add("applied and cached at the agent after", "\((Double(everywhere - publishing) / 1e6).digits(0)) ms")
        table.add("agent's memory, 16 flags, after a start from the cache", empty.mebibytes)
        table.add("agent's memory, all flags, after a start from the cache", full.mebibytes)
        table.add("agent's memory per flag", "\((full - empty) / max(1, flagCount - 16)) bytes")
        table.add("agent's memory after the live change", live.mebibytes)
        table.add("control's memory", controlBytes.mebibytes)
        table.add("start from the cache → first answer, median of 5", "\(starts.median.digits(1)) ms")
        print(table.text)
    }

    private func restarted(_ agent: AgentProcess) async throws -> Int {
        agent.kill()
        try await agent.start()
        return agent.process?.residentBytes ?? 0
    }

    private static func document(_ count: Int) -> String {
        let flags = (0..<count).map {
            """
            "flag-\($0)": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", \
            "targeting": {"if": [{"in": [{"var": "country"}, ["SE", "NO", "DK"]]}, "on", "off"]}}
            """
        }
        return "{\"flags\": {\(flags.joined(separator: ","))}}"
    }

    private static func binarySize(_ directory: TemporaryDirectory) async throws -> (Int, Int) {
        func size(_ path: String) throws -> Int {
            (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }
        let copy = directory.path("stripped")
        let strip = try RunningProcess(
            "/usr/bin/strip", ["-o", copy, Pilotlight.binary], environment: ProcessInfo.processInfo.environment,
            log: directory.path("strip"))
        _ = try await strip.exit()
        return (try size(Pilotlight.binary), (try? size(copy)) ?? 0)
    }
}
