import Foundation

/// Jobs on their way to the committer's thread: urgent ones first, the others behind them, both in order. Bounded: beyond
/// the limit a writer is told to come again, instead of memory growing with every writer that waits.
final class CommitterQueue: @unchecked Sendable {
    // Sendable unchecked: every access to the stored variables is under `condition`.
    private let condition = NSCondition()
    private var jobs: [CommitterJob] = []
    /// Counted by itself, so that a kill finds room however many changes wait.
    private var urgent: [CommitterJob] = []
    private var isClosed = false
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// False when the queue is full or closed.
    func append(_ job: CommitterJob) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed, (job.isUrgent ? urgent : jobs).count < limit else { return false }
        if job.isUrgent { urgent.append(job) } else { jobs.append(job) }
        if jobs.count + urgent.count == 1 { condition.signal() }
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
        while jobs.isEmpty, urgent.isEmpty, !isClosed {
            if !waiting || !condition.wait(until: end) { return [] }
        }
        guard !jobs.isEmpty || !urgent.isEmpty else { return nil }
        let taken = urgent + jobs
        urgent = []
        jobs = []
        return taken
    }

    /// What has come meanwhile and doesn't wait for its turn.
    func takeUrgent() -> [CommitterJob] {
        condition.lock()
        defer { condition.unlock() }
        guard !urgent.isEmpty else { return [] }
        let taken = urgent
        urgent = []
        return taken
    }

    var isEmpty: Bool {
        condition.lock()
        defer { condition.unlock() }
        return jobs.isEmpty && urgent.isEmpty
    }

    /// Takes nothing more; what waits is still done.
    func close() {
        condition.lock()
        defer { condition.unlock() }
        isClosed = true
        condition.signal()
    }
}
