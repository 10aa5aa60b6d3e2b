/// How long to wait before what failed is tried again: twice as long each time, up to a minute, and drawn, so that many who
/// failed at once don't come back at once. Pure.
struct Backoff: Sendable {
    private(set) var failures = 0

    static let shortest = Duration.milliseconds(200)
    static let longest = Duration.seconds(60)

    mutating func succeed() { failures = 0 }

    /// Notes a failure.
    ///
    /// - Parameter draw: from 0 up to 1.
    /// - Returns: between half of the time and all of it, never less than the shortest.
    mutating func fail(draw: Double) -> Duration {
        let doubled = Self.shortest * (1 << min(failures, 16))
        failures += 1
        let whole = min(doubled, Self.longest)
        return max(Self.shortest, whole * (0.5 + 0.5 * min(max(draw, 0), 1)))
    }
}
