import Flags
import Harness
import HashTreeCollections
import JSON
import Releases
import Replication
import Synchronization
import Testing

@testable import Control

/// A store with its committer, in a world whose time and agents a test sets: two components' and a flag's releases, without
/// sockets and without waiting.
final class ReleaseFixture: Sendable {
    let directory: TemporaryDirectory
    let control: ControlFixture
    let world: World

    /// What the committer sees.
    final class World: Sendable {
        private struct Content {
            var time = ReleaseTime(wall: 1_800_000_000_000, steady: 1_800_000_000_000)
            var fleet = FleetObservation()
        }

        private let content = Mutex(Content())

        var time: ReleaseTime { content.withLock { $0.time } }

        func pass(seconds: Int64) {
            content.withLock {
                $0.time.wall += seconds * 1_000
                $0.time.steady += seconds * 1_000
            }
        }

        /// Somebody sets the clock.
        func step(seconds: Int64) { content.withLock { $0.time.wall += seconds * 1_000 } }

        /// Agents by name, each with the version that it runs of `checkout`.
        func run(_ versions: [String: String], health: ObservedAgent.Health = .passing, isLive: Bool = true) {
            content.withLock { content in
                content.fleet.agents = versions.sorted { $0.key < $1.key }.map {
                    ObservedAgent(
                        id: $0.key, name: $0.key, service: "checkout", version: $0.value, isLive: isLive,
                        health: health)
                }
            }
        }

        func skew(_ agents: [String]) { content.withLock { $0.fleet.skewed = agents } }

        var sight: CommitterSight {
            CommitterSight(time: { self.time }, observe: { _ in self.content.withLock { $0.fleet } })
        }

        var fleet: FleetObservation { content.withLock { $0.fleet } }
    }

    private init(_ directory: TemporaryDirectory, _ world: World) throws {
        self.directory = directory
        self.world = world
        control = try ControlFixture(directory.path, sight: world.sight)
    }

    /// With `Self.document` at revision 1, and one agent that runs checkout 1.1.
    static func make() async throws -> ReleaseFixture {
        let fixture = try ReleaseFixture(try TemporaryDirectory(), World())
        fixture.world.run(["a": "1.1"])
        try await fixture.control.apply(Self.document)
        return fixture
    }

    /// The committer ends, and another begins with what is on disk, in the same world.
    func restarted() async throws -> ReleaseFixture {
        await control.stop()
        return try ReleaseFixture(directory, world)
    }

    static let checkout = ComponentKey.flagKey(of: "checkout")
    static let entry = EntryKey(.release, "summer")

    static let document = ComponentSample.document(
        ComponentSample.component(), ComponentSample.component().replacing("\"checkout\"", with: "\"search\""),
        flags: [Sample.flag("basket"), Sample.flag("other")].joined(separator: ", "),
        pilots: #""staff": {"members": ["ann"]}, "early": {"members": ["bob"]}, "idle": {"members": ["cid"]}"#)

    /// Of checkout 1.1 and the flag `basket`, in two stages.
    static func plan(_ more: String = "", name: String = "summer", requires: String = "") -> String {
        """
        {"name": "\(name)", "title": "Summer", "changes": [{"component": "checkout", "version": "1.1"},
         {"flag": "basket", "variant": "on"}], "requires": [\(requires)],
         "stages": [{"name": "staff", "pilots": ["staff"]}, {"name": "half", "percentage": 50, "minimum": "1h"}]\(more)}
        """
    }

    // MARK: Asking

    @discardableResult
    func create(_ plan: String = plan(), replace: Bool = false) async throws -> ChangeOutcome {
        let json = try #require(JSONReader.read(plan).value)
        let (read, problems) = ReleasePlan.read(json)
        #expect(problems.isEmpty)
        let id = Hexadecimal.text(UInt64.random(in: 1...UInt64.max))
        return try await control.submit(.createRelease(try #require(read), id: id, replace: replace))
    }

    @discardableResult
    func tell(_ event: ReleaseEvent, _ name: String = "summer") async throws -> ChangeOutcome {
        try await control.submit(.release(name, event))
    }

    /// What the keeper has it do, until it has nothing more to do. Says whether it was due.
    @discardableResult
    func keep(_ name: String = "summer") async throws -> Bool {
        var wasDue = false
        while ReleaseWatch.due(in: try state, at: world.time, observe: { world.fleet }).contains(name) {
            wasDue = true
            try await control.submit(.keepRelease(name))
        }
        return wasDue
    }

    var state: EnvironmentState {
        get throws { try control.production }
    }

    func release(_ name: String = "summer") throws -> Release { try #require(try state.releases[name]) }

    /// What agents are told.
    var staged: StagedRelease? {
        get throws {
            try state.committed.bytes(of: Self.entry).map { try StagedRelease(name: "summer", storedBytes: $0) }
        }
    }

    /// Everything that agents are told, release by release too.
    var entries: [EntryKey: [UInt8]] {
        get throws {
            Dictionary(uniqueKeysWithValues: try state.committed.entries.map { ($0.key, $0.value.bytes) })
        }
    }

    func announcements() async throws -> [StoredAnnouncement] {
        let reader = try StoreReader(path: control.store.path)
        defer { reader.close() }
        return try await reader.announcements(after: 0, limit: 1_000)
    }

    /// What `summer` gives this user of `basket`, at an agent that knows of no service.
    func basket(_ user: String) throws -> String? { try answer("basket", user) }

    func answer(_ flag: String, _ user: String) throws -> String? {
        var quarantine = Quarantine()
        let set = FlagSet.compiled(from: try state.committed, quarantine: &quarantine)
        #expect(quarantine.reasons.isEmpty)
        let seconds = world.time.wallSeconds
        return set.evaluate(flag, context: EvaluationContext(targetingKey: user), unixSeconds: seconds).variant
    }
}
