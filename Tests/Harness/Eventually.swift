import Foundation

/// What a probe saw last, for the words of a failure.
package final class Sighting {
    package fileprivate(set) var text = "nothing"

    package func note(_ value: some Any) { text = "\(value)" }
}

/// A condition that didn't come to hold in time.
package struct NotReached: Error, Sendable, CustomStringConvertible {
    package var description: String
}

/// What a probe throws when there is nothing left to wait for, a process that has ended say: not "not yet".
package struct Hopeless: Error, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// How patient tests are; sanitizers and slow machines set `PILOTLIGHT_TEST_PATIENCE` to a factor.
package enum Patience {
    package static let factor =
        ProcessInfo.processInfo.environment["PILOTLIGHT_TEST_PATIENCE"].flatMap { Double($0) } ?? 1
}

/// Asks `probe` again and again until it gives a value. What it throws counts as "not yet", but for `Hopeless`.
///
/// A look counts in full; of a pause only so much as a machine that isn't overrun would take: where this task gets no turn for
/// half a minute, what it waits for gets none either.
@discardableResult
package func awaited<Value>(
    _ what: String, within limit: Duration = .seconds(120), every pause: Duration = .milliseconds(15),
    isolation: isolated (any Actor)? = #isolation,
    _ probe: (Sighting) async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let sighting = Sighting()
    var waited = Duration.zero
    while true {
        let start = clock.now
        do {
            if let value = try await probe(sighting) { return value }
        } catch let error where error is CancellationError || error is Hopeless {
            throw error
        } catch {
            sighting.note(error)
        }
        guard waited < limit * Patience.factor else {
            throw NotReached(description: "not reached within \(limit): \(what); last seen: \(sighting.text)")
        }
        let looked = clock.now
        try await Task.sleep(for: pause)
        waited += (looked - start) + min(clock.now - looked, pause + .seconds(2))
    }
}

/// Asks `condition` again and again until it holds. What it throws counts as "not yet".
package func eventually(
    _ what: String, within limit: Duration = .seconds(120), every pause: Duration = .milliseconds(15),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: (Sighting) async throws -> Bool
) async throws {
    try await awaited(what, within: limit, every: pause) { sighting in
        try await condition(sighting) ? true : nil
    }
}

/// Runs blocking work on a thread of its own, so that it holds up nobody's tasks.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body() }) }
        thread.stackSize = 4 << 20
        thread.start()
    }
}
