import Harness
import HashTreeCollections
import JSON
import Logging
import Replication
import Synchronization

@testable import Control

/// A store with its committer, without sockets: what was published is recorded.
final class ControlFixture: Sendable {
    let directory: String
    let store: ControlStore
    let published: PublishedEnvironments
    let committer: Committer

    init(
        _ directory: String, logger: Logger = .silent, sight: CommitterSight = .alone,
        published hook: @escaping @Sendable (CommittedGroup) -> Void = { _ in }
    ) throws {
        self.directory = directory
        store = try ControlStore(directory: directory, clock: 1)
        let states = try store.load().environments.map(\.state)
        published = PublishedEnvironments(states)
        let keep = Recorder()
        recorder = keep
        committer = Committer(
            store: store, states: states, published: published, logger: logger, sight: sight,
            publish: { group in
                keep.append(group)
                hook(group)
            })
    }

    private let recorder: Recorder

    private final class Recorder: Sendable {
        let groups = Mutex<[CommittedGroup]>([])
        func append(_ group: CommittedGroup) { groups.withLock { $0.append(group) } }
    }

    /// Every number published so far, in order.
    var publishedNumbers: [UInt64] { recorder.groups.withLock { $0.flatMap { $0.deltas.map(\.number) } } }

    /// The kills that were sent ahead so far.
    var publishedKills: [UrgentKill] { recorder.groups.withLock { $0.flatMap(\.kills) } }

    var production: EnvironmentState {
        get throws { try published.find("production") }
    }

    @discardableResult
    func submit(_ kind: ChangeRequest.Kind, environment: String = "production") async throws -> ChangeOutcome {
        try await committer.submit(ChangeRequest(environment: environment, actor: "test", kind))
    }

    /// Applies one document.
    @discardableResult
    func apply(
        _ text: String, name: String = "flags.json", set: String? = nil, prune: Bool = false,
        confirmPrune: Bool = false, lenient: Bool = false
    ) async throws -> ChangeOutcome {
        let state = try production.committed
        let documents = ReadDocuments([SourceDocument(name: name, bytes: Array(text.utf8))], lenient: lenient) {
            state.entries[EntryKey(.pilot, $0)] != nil
        }
        return try await submit(
            .apply(ApplyRequest(documents, set: set, prune: prune, confirmPrune: confirmPrune)))
    }

    /// Ends the committer and closes the store, as a graceful stop does.
    func stop() async {
        await committer.stop()
        store.close()
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

/// Documents that tests build on.
enum Sample {
    /// A flag of two variants.
    static func flag(_ key: String, default variant: String = "off", targeting: String? = nil) -> String {
        let rule = targeting.map { ", \"targeting\": \($0)" } ?? ""
        return """
            "\(key)": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "\(variant)"\(rule)}
            """
    }

    static func document(_ flags: String..., pilots: String = "") -> String {
        "{\"flags\": {\(flags.joined(separator: ", "))}\(pilots.isEmpty ? "" : ", \"pilots\": {\(pilots)}")}"
    }
}
