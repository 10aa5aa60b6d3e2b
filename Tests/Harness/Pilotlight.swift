import Foundation
import JSON

/// What a command came to.
package struct CommandResult: Sendable, CustomStringConvertible {
    package var code: Int32
    package var output: String
    package var errors: String

    package var json: JSONValue { JSONReader.read(output, maximumBytes: 1 << 30).value ?? .null }

    package var description: String { "exit \(code)\n\(output)\(errors)" }
}

/// The built `pilotlight` binary.
package enum Pilotlight {
    /// `PILOTLIGHT_BINARY`, or the one beside the running test bundle or benchmark.
    package static let binary: String = {
        if let given = ProcessInfo.processInfo.environment["PILOTLIGHT_BINARY"] { return given }
        return builtFile("pilotlight")
    }()

    /// A file of the build that this process comes from.
    package static func builtFile(_ name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
        if FileManager.default.fileExists(atPath: beside) { return beside }
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            let path = URL(fileURLWithPath: argument).deletingLastPathComponent().appendingPathComponent(name).path
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        return beside
    }

    /// This process's environment without the variables that stand for options.
    package static func environment(adding more: [String: String] = [:]) -> [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PILOTLIGHT_") }
            .merging(more) { $1 }
    }

    /// Starts a command that goes on.
    package static func start(
        _ arguments: [String], log: String, environment: [String: String] = [:], binary: String? = nil,
        input: String? = nil
    ) throws -> RunningProcess {
        try RunningProcess(
            binary ?? Self.binary, arguments, environment: Self.environment(adding: environment), log: log,
            input: input)
    }

    /// Runs a command to its end.
    /// - Parameter input: a file for its standard input; otherwise there is none.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        within limit: Duration = .seconds(180)
    ) async throws -> CommandResult {
        let directory = try TemporaryDirectory()
        let process = try start(
            arguments, log: directory.path("command"), environment: environment, input: input)
        let status = try await process.exit(within: limit)
        guard case .exited(let code) = status else {
            throw HarnessError("pilotlight \(arguments.joined(separator: " ")) ended by \(status): \(process.errors)")
        }
        return CommandResult(code: code, output: process.output, errors: process.errors)
    }
}
