/// When an agent reports: at once after a commit, but then not again within `shortest`, so that a burst of commits costs
/// control a report or two; and at least once every `longest`, which is how control knows that it lives. Milliseconds.
struct ReportSchedule: Sendable {
    static let shortest: UInt64 = 20
    static let longest: UInt64 = 1_000

    private var last: UInt64?
    private var isWanted = false

    /// There is news.
    mutating func want() { isWanted = true }

    mutating func sent(at now: UInt64) {
        last = now
        isWanted = false
    }

    /// When the next report is to be sent; 0 for at once.
    var due: UInt64 {
        guard let last else { return 0 }
        return last + (isWanted ? Self.shortest : Self.longest)
    }
}
