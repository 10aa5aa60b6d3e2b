import UnixSignals

/// Runs work that has no end of its own.
enum UntilSignal {
    /// Returns when `work` does, or at SIGINT or SIGTERM, which cancel it; and whether it was a signal.
    @discardableResult
    static func run(_ work: @escaping @Sendable () async throws -> Void) async throws -> Bool {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await work()
                return false
            }
            group.addTask {
                for await _ in signals { return true }
                return false
            }
            let isSignalled = try await group.next() ?? false
            group.cancelAll()
            // What the work says of being cancelled is of no interest.
            if isSignalled { _ = await group.nextResult() }
            return isSignalled
        }
    }
}
