/// How long to wait between attempts to connect: twice as long each time up to a limit, and by chance up to half of that
/// less, so that clients that lost one agent together don't come back together.
struct BackOff: Sendable {
    /// All in nanoseconds.
    static let first: UInt64 = 10_000_000
    static let limit: UInt64 = 500_000_000

    private var longest = Self.first

    /// - Parameter chance: 0 to 1.
    mutating func next(chance: Double) -> UInt64 {
        let half = longest / 2
        longest = min(longest * 2, Self.limit)
        return half + UInt64(Double(half) * chance)
    }

    mutating func reset() { longest = Self.first }
}
