import ArgumentParser
import Foundation
import JSON

struct WatchCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Print each change as it is published, one to a line.",
        discussion: """
            Goes on over broken connections and restarts of the control node, giving each change once and in order, \
            until SIGINT or SIGTERM. What it has to say of the connection goes to standard error.
            """)

    static let examples = [
        Example("pilotlight watch", "From now on"),
        Example("pilotlight watch --after 41 --json", "Everything after revision 41, one JSON object to a line"),
        Example("pilotlight watch --environment staging --count 1", "Wait for the next change"),
    ]

    @Option(help: "Begin after this number; otherwise with the next change.") var after: Int64?
    @Option(help: "Stop after so many changes.") var count: Int?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let after, after < 0 {
            throw ValidationError("The value '\(after)' is invalid for '--after': numbers start at 0.")
        }
        if let count, count < 1 {
            throw ValidationError("The value '\(count)' is invalid for '--count': give 1 or more.")
        }
    }

    func run() async throws {
        let (connection, environment, after, count) = (connection, environment.name, after, count)
        // Whoever reads may go at any time: that ends the watch, and is no fault of it.
        signal(SIGPIPE, SIG_IGN)
        try await UntilSignal.run {
            try await asked(connection, silence: ChangeWatch.silence) { control in
                let style = connection.style
                var left = count ?? .max
                var watch = ChangeWatch(control, environment: environment, after: after)
                try await watch.run { entry in
                    let line = connection.json ? entry.compactText() : HistoryEntry(json: entry).line(style)
                    guard Self.write(line) else { return false }
                    left -= 1
                    return left > 0
                } tell: { note in
                    // A terminal has the progress line for it.
                    guard isatty(STDERR_FILENO) == 0 else { return }
                    FileHandle.standardError.write(Data("pilotlight: \(note)\n".utf8))
                }
            }
        }
    }

    /// One line, at once; false when nobody reads any more.
    private static func write(_ line: String) -> Bool {
        (try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))) != nil
    }
}
