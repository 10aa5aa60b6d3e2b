import Foundation

/// Jobs on their way to the committer's thread, in order. Bounded: beyond the limit a writer is told to come again, instead
/// of memory growing with every writer that waits.
final class CommitterQueue: @unchecked Sendable {
    // Sendable unchecked: every access to the stored variables is under `condition`.
    private let condition = NSCondition()
    private var jobs: [CommitterJob] = []
    private var isClosed = false
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// False when the queue is full or closed.
    func append(_ job: CommitterJob) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed, jobs.count < limit else { return false }
        jobs.append(job)
        if jobs.count == 1 { condition.signal() }
        return true
    }

    /// What keeps the committer's housekeeping going where nobody changes anything.
    private static let longestWait: TimeInterval = 60

    /// Waits until there is something, or for a minute, and then gives nothing; nil when the queue is closed and empty.
    /// With `waiting` false it gives what is there.
    func takeAll(waiting: Bool = true) -> [CommitterJob]? {
        condition.lock()
        defer { condition.unlock() }
        let end = Date(timeIntervalSinceNow: Self.longestWait)
        while jobs.isEmpty, !isClosed {
            if !waiting || !condition.wait(until: end) { return [] }
        }
        guard !jobs.isEmpty else { return nil }
        let taken = jobs
        jobs = []
        return taken
    }

    var isEmpty: Bool {
        condition.lock()
        defer { condition.unlock() }
        return jobs.isEmpty
    }

    /// Takes nothing more; what waits is still done.
    func close() {
        condition.lock()
        defer { condition.unlock() }
        isClosed = true
        condition.signal()
    }
}
