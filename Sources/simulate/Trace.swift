/// What happened, for people: printed as it happens, or kept for the end. Off in ordinary runs, where a line costs
/// nothing but a test.
struct Trace {
    enum Mode {
        case off
        /// The newest lines are kept for the report of a violation.
        case kept
        case printed
    }

    let mode: Mode
    private(set) var lines: [String] = []
    static let keptLines = 40

    init(_ mode: Mode) { self.mode = mode }

    mutating func note(_ time: UInt64, _ text: () -> String) {
        guard mode != .off else { return }
        let milliseconds = String(time % 1_000)
        let line =
            "\(time / 1_000)." + String(repeating: "0", count: 3 - milliseconds.count) + milliseconds + "  " + text()
        if mode == .printed { print(line) }
        lines.append(line)
        if lines.count > 4 * Self.keptLines { lines.removeFirst(lines.count - Self.keptLines) }
    }
}
