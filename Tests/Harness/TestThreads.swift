import Foundation
import Synchronization

/// Threads for tests that block: Swift's own pool has one for each processor, and whoever blocks there, or computes for long, holds
/// up the tasks of every other test, those of an agent or a control node in this process too.
package final class TestThreads: TaskExecutor {
    package static let shared = TestThreads(count: 16)

    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting = DispatchSemaphore(value: 0)

    private init(count: Int) {
        for _ in 0..<count {
            let thread = Thread { [self] in
                while true {
                    waiting.wait()
                    let job = jobs.withLock { $0.removeFirst() }
                    job.runSynchronously(on: asUnownedTaskExecutor())
                }
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }

    /// Runs `body` and its child tasks there.
    package func run(_ body: @Sendable () async throws -> Void) async rethrows {
        try await withTaskExecutorPreference(self) { try await body() }
    }
}
