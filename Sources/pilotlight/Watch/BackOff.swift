/// Pauses between attempts to connect: longer each time, each somewhere between half of it and the whole.
struct BackOff {
    private static let first = 200
    private static let longest = 5_000

    private var milliseconds = first

    mutating func next() -> Duration {
        defer { milliseconds = min(Self.longest, milliseconds * 2) }
        return .milliseconds(Int.random(in: (milliseconds / 2)...milliseconds))
    }

    /// It worked: begin with short pauses again.
    mutating func reset() { milliseconds = Self.first }
}
