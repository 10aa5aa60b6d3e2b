import CLinux
import Flags
import Foundation
import Logging
import Replication
import Synchronization

/// The one writer: a thread that takes every change that waits, validates each on the state that the ones before it make,
/// stores them all in one transaction, publishes them, and only then answers. So a commit's sync is shared by as many
/// changes as arrived during the one before it. Kills and unkills overtake what waits, and so does what holds a release.
package final class Committer: Sendable {
    private let queue = CommitterQueue(limit: 20_000)
    private let ended = Signal<Void>()
    private let counters = Counters()

    private final class Counters: Sendable {
        let changes = Atomic<UInt64>(0)
        let commits = Atomic<UInt64>(0)
        let refusals = Atomic<UInt64>(0)
    }

    /// Changes that were stored, the transactions that stored them, and requests refused: since this process started.
    package var changes: UInt64 { counters.changes.load(ordering: .relaxed) }
    package var commits: UInt64 { counters.commits.load(ordering: .relaxed) }
    package var refusals: UInt64 { counters.refusals.load(ordering: .relaxed) }

    /// - Parameter publish: is called on the committer's thread, after the transaction and before any answer; it must only
    ///   hand over.
    package init(
        store: ControlStore, states: [EnvironmentState], published: PublishedEnvironments,
        historyKeep: HistoryKeep = .everything, hasWebhook: Bool = true, logger: Logger,
        clock: @escaping @Sendable () -> UInt64 = { Moment.now.wall }, sight: CommitterSight = .alone,
        publish: @escaping @Sendable (CommittedGroup) -> Void
    ) {
        let thread = Thread { [queue, ended, counters] in
            pilotlight_name_thread("committer")
            var loop = CommitterLoop(
                store: store, states: states, published: published, historyKeep: historyKeep,
                hasWebhook: hasWebhook, logger: logger, clock: clock, sight: sight, publish: publish)
            loop.trimIfDue()
            while let jobs = queue.takeAll(waiting: !loop.isTrimming) {
                loop.run(jobs, overtaking: queue.takeUrgent)
                counters.changes.store(loop.changes, ordering: .relaxed)
                counters.commits.store(loop.commits, ordering: .relaxed)
                counters.refusals.store(loop.refusals, ordering: .relaxed)
                loop.answerAll()
                loop.trimIfDue()
                loop.checkpointIfDue(isIdle: queue.isEmpty)
            }
            ended.send(())
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Returns when the change is on disk and published, or refused.
    package func submit(_ request: ChangeRequest) async throws(Refusal) -> ChangeOutcome {
        try await ask { .change(request, $0) }
    }

    package func createEnvironment(
        _ name: String, _ bucketing: Bucketing, actor: String, message: String
    ) async throws(Refusal) -> EnvironmentState {
        try await ask { .createEnvironment(name, bucketing, actor: actor, message: message, $0) }
    }

    /// Begins an epoch above everything in `heard` and takes writes again.
    package func beginEpoch(
        _ environment: String, heard: [Revision], actor: String, message: String
    ) async throws(Refusal) -> EnvironmentState {
        try await ask { .newEpoch(environment, heard: heard, actor: actor, message: message, $0) }
    }

    /// Takes no writes for this environment until a new epoch is begun.
    package func block(_ environment: String, _ divergence: Divergence) {
        _ = queue.append(.block(environment, divergence))
    }

    /// A reader of announcements has taken all up to this sequence: on disk when this returns.
    package func took(_ sequence: Int64, by reader: AnnouncementReader) async throws(Refusal) {
        try await ask { .taken(reader, sequence, $0) }
    }

    /// False when the committer has ended.
    @discardableResult
    func store(_ agents: [ControlStore.AgentRow]) -> Bool { queue.append(.agents(agents)) }

    /// Finishes what waits and ends the thread.
    package func stop() async {
        queue.close()
        await ended.wait()
    }

    private func ask<Value: Sendable>(
        _ job: (@escaping CommitterJob.Answer<Value>) -> CommitterJob
    ) async throws(Refusal) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, Refusal>, Never>) in
            let job = job { continuation.resume(returning: $0) }
            guard queue.append(job) else {
                job.refuse(
                    Refusal(
                        .busy, "Control node is busy", detail: "too many changes wait, or the node is stopping",
                        hint: "try again in a moment"))
                return
            }
        }
        return try result.get()
    }
}
