import Foundation
import Logging
import Synchronization

/// What was logged, for tests that ask what the log says.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func contains(_ part: String) -> Bool { all.contains { $0.contains(part) } }

    func count(of part: String) -> Int { all.count { $0.contains(part) } }

    // MARK: Holding up who logs

    private let held = Mutex<String?>(nil)
    private let condition = NSCondition()

    /// Whoever logs a line with this in it waits there until `release`.
    func hold(at part: String) { held.withLock { $0 = part } }

    func release() {
        held.withLock { $0 = nil }
        condition.withLock { condition.broadcast() }
    }

    private func pass(_ text: String) {
        condition.withLock {
            while held.withLock({ $0 }).map(text.contains) ?? false { condition.wait() }
        }
    }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(lines: self) }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let text = "\(event.level): \(event.message) \(pairs)"
            lines.lines.withLock { $0.append(text) }
            lines.pass(text)
        }
    }
}
