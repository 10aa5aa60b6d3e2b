import ArgumentParser
import Logging

/// How a long-running command logs, to standard error.
struct LogOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "The least level that is logged.") var logLevel: Logger.Level = .info
    @Option(help: "One line of text, or one JSON object to a line.") var logFormat: Format = .text

    /// Makes every logger of this process write as asked. Once per process.
    func bootstrap() {
        LoggingSystem.bootstrap { [logLevel, logFormat] label in
            LineLogHandler(label: label, format: logFormat, logLevel: logLevel)
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
