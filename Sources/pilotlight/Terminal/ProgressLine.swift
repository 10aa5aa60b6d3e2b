import Foundation
import Synchronization

/// One line on standard error that says what takes so long. It comes after a second, only on a terminal, and is erased
/// when the work is done.
final class ProgressLine: Sendable {
    /// The line of whoever works further out: one is shown, not two.
    @TaskLocal private static var current: ProgressLine?

    private struct State {
        var text: String
        /// What stands on the terminal; empty when nothing does.
        var drawn = ""
        var hasEnded = false
    }

    private static let interval = Duration.milliseconds(200)

    private let state: Mutex<State>
    private let started = ContinuousClock.now

    private init(_ text: String) {
        state = Mutex(State(text: text))
    }

    /// Runs `body`, which may change what the line says.
    static func during<Result>(
        _ text: String, _ body: (ProgressLine) async throws -> Result
    ) async rethrows -> Result {
        if let current { return try await body(current) }
        let line = ProgressLine(text)
        let drawing = isatty(STDERR_FILENO) == 1 ? Task { await line.draw() } : nil
        defer {
            drawing?.cancel()
            line.end()
        }
        return try await $current.withValue(line) { try await body(line) }
    }

    /// Runs `print`, which prints lines that stay: the line makes room for them and comes back below.
    func above(_ print: () -> Void) {
        state.withLock { state in
            if !state.drawn.isEmpty { Self.write("\r\u{1B}[2K") }
            state.drawn = ""
            print()
        }
    }

    func say(_ text: String) { state.withLock { $0.text = text } }

    private func draw() async {
        try? await Task.sleep(for: .seconds(1))
        while !Task.isCancelled {
            let seconds = (ContinuousClock.now - started).components.seconds
            state.withLock { state in
                guard !state.hasEnded else { return }
                let line = Self.line(state.text, seconds: seconds, columns: Self.columns)
                if line != state.drawn { Self.write("\r\u{1B}[2K" + line) }
                state.drawn = line
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// From here on nothing is drawn.
    private func end() {
        state.withLock { state in
            if !state.drawn.isEmpty { Self.write("\r\u{1B}[2K") }
            state.hasEnded = true
        }
    }

    /// Cut to the terminal's width, so that erasing one line erases it all.
    static func line(_ text: String, seconds: Int64, columns: Int) -> String {
        let time = " … \(seconds) s"
        let text = PrintableText.of(text)
        return text.count + time.count < columns ? text + time : text.prefix(max(0, columns - time.count - 1)) + time
    }

    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
