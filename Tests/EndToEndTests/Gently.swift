import Foundation
import Harness
import Testing

/// These tests start processes by the dozen: only so many run at once, whatever the test runner would like, on threads of their
/// own.
/// `PILOTLIGHT_TEST_WIDTH` says how many; two by default.
struct Gently: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    private static let gate = Gate(
        width: ProcessInfo.processInfo.environment["PILOTLIGHT_TEST_WIDTH"].flatMap { Int($0) } ?? 2)

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // Suites pass through: only their test functions take a place.
        guard testCase != nil else { return try await function() }
        await Self.gate.enter()
        do {
            try await TestThreads.shared.run(function)
        } catch {
            await Self.gate.leave()
            throw error
        }
        await Self.gate.leave()
    }

    private actor Gate {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(width: Int) { free = width }

        func enter() async {
            if free > 0 {
                free -= 1
                return
            }
            await withCheckedContinuation { waiting.append($0) }
        }

        func leave() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }
}

extension Trait where Self == Gently {
    static var gently: Gently { Gently() }
}
