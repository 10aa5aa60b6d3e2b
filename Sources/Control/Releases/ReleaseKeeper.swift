import HashTreeCollections
import JSON
import Logging
import Releases
import Replication

/// Has releases do what they do by themselves: arm, open, go on, hold. It looks, and asks the committer, which decides anew
/// and does it. One request at a time is under way.
final class ReleaseKeeper: Sendable {
    private let published: PublishedEnvironments
    private let registry: SharedRegistry
    private let committer: Committer
    private let time: @Sendable () -> ReleaseTime
    private let logger: Logger

    /// How often it listens for something that has changed.
    private static let listenEvery = Duration.milliseconds(50)
    /// Who has done what a release does by itself.
    static let actor = "pilotlight"

    init(
        _ published: PublishedEnvironments, _ registry: SharedRegistry, _ committer: Committer, logger: Logger,
        time: @escaping @Sendable () -> ReleaseTime
    ) {
        self.published = published
        self.registry = registry
        self.committer = committer
        self.logger = logger
        self.time = time
    }

    /// Returns when the task is cancelled.
    func run() async {
        var watch = ReleaseWatch()
        var patience = ReleasePatience()
        while !Task.isCancelled {
            let sounds = ReleaseWatch.Sounds(reports: registry.generation, changes: published.generation)
            if watch.isTime(sounds, at: time()) { await look(&watch, &patience) }
            try? await Task.sleep(for: Self.listenEvery)
        }
    }

    private func look(_ watch: inout ReleaseWatch, _ patience: inout ReleasePatience) async {
        for state in published.all {
            let now = time()
            watch.note(openingsIn: state, at: now)
            let due = ReleaseWatch.due(in: state, at: now) { registry.observe(state.name) }
            patience.settle(all: state.name, but: due)
            for name in due where !Task.isCancelled && patience.isTime(for: name, in: state.name, at: now.steady) {
                await keep(name, state, &patience)
            }
        }
    }

    private func keep(_ name: String, _ before: EnvironmentState, _ patience: inout ReleasePatience) async {
        do {
            _ = try await committer.submit(
                ChangeRequest(environment: before.name, actor: Self.actor, .keepRelease(name)))
        } catch {
            let isNews = patience.refuse(
                name, in: before.name, "\(error)", at: time().steady, draw: .random(in: 0..<1))
            logger.log(
                level: isNews ? .warning : .debug, "a release can't do what it would do by itself; it is tried again",
                metadata: ["release": "\(name)", "environment": "\(before.name)", "error": "\(error)"])
            return
        }
        patience.settle(name, in: before.name)
        guard let release = published[before.name]?.releases[name], let record = release.history.last,
            record.number != before.releases[name]?.history.last?.number
        else { return }
        let metadata: Logger.Metadata = [
            "release": "\(name)", "environment": "\(before.name)", "state": "\(release.state.rawValue)",
            "why": "\(record.why)",
        ]
        if release.state == .held || release.state == .rolledBack {
            logger.warning("a release was stopped", metadata: metadata)
        } else {
            logger.notice("a release went on by itself", metadata: metadata)
        }
    }
}
