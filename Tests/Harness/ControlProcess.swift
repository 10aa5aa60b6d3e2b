import Foundation
import JSON
import Synchronization

/// A control node as a process of its own, on ports of its own that stay the same over restarts.
package final class ControlProcess: Sendable {
    package let data: String
    package let apiPort: Int
    package let publishPort: Int
    package let syncPort: Int
    private let log: String
    private let environment: [String: String]
    private let binary: String?
    private let running = Mutex<RunningProcess?>(nil)

    /// What has it call an agent silent as soon as it would in production. Otherwise tests give agents more time: on a machine
    /// that is overrun they stand still for seconds, and a release would be held by that.
    package static let soonSilent = ["PILOTLIGHT_TEST_LIVE_FOR": "3000"]
    package static let patience = ["PILOTLIGHT_TEST_LIVE_FOR": "120000"]

    /// - Parameter data: the data directory; logs go beside it.
    package init(data: String, environment: [String: String] = [:], binary: String? = nil) throws {
        self.data = data
        log = data + "-log"
        self.environment = Self.patience.merging(environment) { $1 }
        self.binary = binary
        apiPort = try FreePort.next()
        publishPort = try FreePort.next()
        syncPort = try FreePort.next()
    }

    package var url: String { "http://127.0.0.1:\(apiPort)" }
    package var process: RunningProcess? { running.withLock { $0 } }
    package var logText: String {
        (try? Data(contentsOf: URL(fileURLWithPath: log + ".err"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: Its life

    /// Starts it and waits until it answers.
    /// - Parameter directory: another data directory than before: a backup, an empty one.
    package func start(on directory: String? = nil, adding variables: [String: String] = [:]) async throws {
        let process = try Pilotlight.start(
            [
                "control", "--data", directory ?? data, "--api-port", "\(apiPort)", "--publish-port", "\(publishPort)",
                "--sync-port", "\(syncPort)",
            ], log: log, environment: environment.merging(variables) { $1 }, binary: binary)
        running.withLock { $0 = process }
        try await eventually("control serves") { sighting in
            guard process.isRunning else { throw Hopeless("control ended: \(process.errors)") }
            let answer = try HTTPConnection.request(.tcp(self.apiPort), "GET", "/healthz")
            sighting.note(answer.status)
            return answer.status == 200
        }
    }

    package func kill() { process?.kill() }

    /// SIGTERM; returns how it ended.
    @discardableResult
    package func stop() async throws -> ExitStatus {
        guard let process else { throw HarnessError("control was never started") }
        process.signal(SIGTERM)
        return try await process.exit()
    }

    // MARK: Its operator API

    package func request(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> HTTPAnswer {
        try HTTPConnection.request(
            .tcp(apiPort), method, path, headers: ["Pilotlight-Actor": "test"],
            body: body.map { Array($0.compactText().utf8) })
    }

    /// The answer's JSON; throws for any status but 200 and 201.
    @discardableResult
    package func ask(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> JSONValue {
        let answer = try request(method, path, body)
        guard (200...201).contains(answer.status) else {
            throw HarnessError("\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer.json
    }

    package func environmentState(_ name: String = "production") throws -> EnvironmentReading {
        EnvironmentReading(try ask("GET", "/v1/environments/\(name)"))
    }

    package func fleet(_ environment: String = "production") throws -> FleetReading {
        FleetReading(try ask("GET", "/v1/environments/\(environment)/fleet"))
    }

    /// Applies one document and returns the revision's number.
    @discardableResult
    package func apply(_ document: String, environment: String = "production") throws -> Int64 {
        let answer = try ask(
            "POST", "/v1/environments/\(environment)/apply",
            .object(["documents": .array([.object(["name": "document.json", "text": .string(document)])])]))
        guard let number = answer["revision"]?["number"]?.integerValue else {
            throw HarnessError("no revision in \(answer.compactText())")
        }
        return number
    }

    /// Runs an operator command against this node.
    package func run(
        _ arguments: String..., environment: [String: String] = [:], within limit: Duration = .seconds(180)
    ) async throws -> CommandResult {
        try await Pilotlight.run(
            arguments, environment: environment.merging(["PILOTLIGHT_CONTROL_URL": url]) { own, _ in own },
            within: limit)
    }

    /// The value of a metric without labels.
    package func metric(_ name: String) throws -> Double {
        let page = try HTTPConnection.request(.tcp(apiPort), "GET", "/metrics").text
        return try MetricPage(page).value(name)
    }
}
