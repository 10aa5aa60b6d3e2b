/// How long the keeper leaves a release alone whose step was refused, by the store most often. Pure.
struct ReleasePatience: Sendable {
    private struct Key: Sendable, Hashable {
        var environment: String
        var release: String
    }

    private struct Wait: Sendable {
        var backoff = Backoff()
        /// Steady milliseconds.
        var until: Int64 = 0
    }

    /// Steady milliseconds. Once the store takes writes again, a red gate stops a release within that.
    static let longest: Int64 = 5_000

    private var waits: [Key: Wait] = [:]
    private var reasons: Set<String> = []

    /// - Parameter steady: milliseconds.
    func isTime(for release: String, in environment: String, at steady: Int64) -> Bool {
        waits[Key(environment: environment, release: release)].map { steady >= $0.until } ?? true
    }

    /// Notes that a release was refused its step.
    ///
    /// - Parameter draw: from 0 up to 1.
    /// - Returns: whether that is news: nobody was refused for this reason since all was well.
    mutating func refuse(
        _ release: String, in environment: String, _ reason: String, at steady: Int64, draw: Double
    ) -> Bool {
        let key = Key(environment: environment, release: release)
        let pause = waits[key, default: Wait()].backoff.fail(draw: draw)
        waits[key]?.until = steady + min(Int64(pause / .milliseconds(1)), Self.longest)
        return reasons.insert(reason).inserted
    }

    /// Notes that a release was given its step, or has none to do.
    mutating func settle(_ release: String, in environment: String) {
        waits[Key(environment: environment, release: release)] = nil
        if waits.isEmpty { reasons = [] }
    }

    /// Notes which releases of an environment have a step to do: the others wait for nothing.
    mutating func settle(all environment: String, but due: [String]) {
        for key in waits.keys where key.environment == environment && !due.contains(key.release) {
            settle(key.release, in: environment)
        }
    }
}
