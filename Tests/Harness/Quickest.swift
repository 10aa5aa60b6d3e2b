/// How long the quickest of several rounds took. Who is bound to be quick is so in one of them, however busy this machine is: they
/// end with the first below `limit`.
package func quickest(
    below limit: Duration, rounds: Int = 20, isolation: isolated (any Actor)? = #isolation,
    _ round: () async throws -> Duration
) async throws -> Duration {
    var quickest = try await round()
    for _ in 1..<rounds where quickest >= limit * Patience.factor {
        // Whatever it is that keeps the machine busy may be over then.
        try await Task.sleep(for: .seconds(1))
        quickest = min(quickest, try await round())
    }
    return quickest
}
