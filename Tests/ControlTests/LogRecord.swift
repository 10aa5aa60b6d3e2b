import Logging
import Synchronization

/// What was logged, in order.
final class LogRecord: Sendable {
    struct Event: Sendable, Hashable {
        var level: Logger.Level
        var message: String
        var metadata: [String: String] = [:]
    }

    private let logged = Mutex<[Event]>([])

    var events: [Event] { logged.withLock { $0 } }

    func events(of message: String) -> [Event] { events.filter { $0.message == message } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: LogRecord
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            log.logged.withLock {
                $0.append(Event(level: event.level, message: "\(event.message)", metadata: metadata))
            }
        }
    }
}
