import Foundation
import JSON
import LookupProtocol
import Synchronization

/// An agent as a process of its own, with a data directory and a socket that stay the same over restarts.
package final class AgentProcess: Sendable {
    package let name: String
    package let data: String
    package let socket: String
    package let environmentName: String
    private let publishPort: Int
    private let syncPort: Int
    private let options: [String]
    private let variables: [String: String]
    private let log: String
    private let binary: String?
    private let running = Mutex<RunningProcess?>(nil)

    /// On a machine that is overrun a service that is well takes seconds to answer, and a release would be held by that.
    package static let patience = ["PILOTLIGHT_HEALTH_TIMEOUT": "60s"]

    /// - Parameters:
    ///   - directory: data, socket and logs go into it, under the agent's name.
    ///   - relay: stands between the agent and control, if there is to be something to cut.
    ///   - options: further options of `pilotlight agent`.
    package init(
        _ name: String, in directory: String, of control: ControlProcess, through relay: ControlRelay? = nil,
        environment: String = "production", options: [String] = [], variables: [String: String] = [:],
        binary: String? = nil
    ) {
        self.name = name
        data = directory + "/" + name
        socket = directory + "/" + name + ".sock"
        log = directory + "/" + name + "-log"
        environmentName = environment
        publishPort = relay?.publish.port ?? control.publishPort
        syncPort = relay?.sync.port ?? control.syncPort
        self.options = options
        self.variables = Self.patience.merging(variables) { $1 }
        self.binary = binary
    }

    package var process: RunningProcess? { running.withLock { $0 } }
    package var logText: String {
        (try? Data(contentsOf: URL(fileURLWithPath: log + ".err"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: Its life

    /// Starts it and returns at once.
    package func launch(adding variables: [String: String] = [:]) throws {
        let process = try Pilotlight.start(
            [
                "agent", "--control", "127.0.0.1", "--publish-port", "\(publishPort)", "--sync-port", "\(syncPort)",
                "--environment", environmentName, "--data", data, "--socket", socket, "--name", name,
            ] + options, log: log, environment: self.variables.merging(variables) { $1 }, binary: binary)
        running.withLock { $0 = process }
    }

    /// Starts it and waits until it holds confirmed state.
    package func start() async throws {
        try launch()
        try await ready()
    }

    package func ready() async throws { try await probe("/readyz", is: 200) }

    /// Waits until it hears control: what is published from then on doesn't come too early for its subscription.
    package func hears() async throws {
        try await eventually("agent \(name) hears control") { _ in try self.stamp().stalenessMilliseconds != nil }
    }

    /// Waits until it answers on its socket, ready or not.
    package func answering() async throws { try await probe("/healthz", is: 200) }

    private func probe(_ path: String, is status: Int) async throws {
        try await eventually("agent \(name) answers \(status) on \(path)") { sighting in
            guard let process = self.process, process.isRunning else {
                throw Hopeless("agent \(self.name) isn't running: \(self.process?.errors ?? "")")
            }
            let answer = try self.http("GET", path)
            sighting.note("\(answer.status) \(answer.text)")
            return answer.status == status
        }
    }

    package func kill() { process?.kill() }

    @discardableResult
    package func stop() async throws -> ExitStatus {
        guard let process else { throw HarnessError("agent \(name) was never started") }
        process.signal(SIGTERM)
        return try await process.exit()
    }

    // MARK: Its socket

    package func http(
        _ method: String, _ path: String, headers: [String: String] = [:], body: JSONValue? = nil
    ) throws -> HTTPAnswer {
        try HTTPConnection.request(
            .unix(socket), method, path, headers: headers, body: body.map { Array($0.compactText().utf8) })
    }

    /// A lookup by OFREP.
    package func ofrep(_ key: String, context: JSONValue = .object([:])) throws -> HTTPAnswer {
        try http("POST", "/ofrep/v1/evaluate/flags/\(key)", body: .object(["context": context]))
    }

    package func connect() throws -> LookupConnection { try LookupConnection(socket) }

    /// Which state it answers from now.
    package func stamp() throws -> StateStamp { try connect().ping() }

    /// Waits until it answers from `number` of the current epoch or a later one.
    package func reaches(_ number: Int64) async throws {
        try await eventually("agent \(name) reaches \(number)") { sighting in
            let stamp = try self.stamp()
            sighting.note(stamp.number)
            return stamp.number >= UInt64(number)
        }
    }

    package func metric(_ metric: String) throws -> Double {
        try MetricPage(http("GET", "/metrics").text).value(metric)
    }
}
