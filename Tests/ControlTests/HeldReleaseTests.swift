import Flags
import GRDB
import Harness
import HashTreeCollections
import Logging
import Releases
import Replication
import Synchronization
import Testing

@testable import Control

/// A release that can't do what it would do by itself is held with the reason, or left alone for a while; it isn't asked again
/// and again.
@Suite struct HeldReleaseTests {
    private static let plan = """
        {"name": "summer", "changes": [{"flag": "basket", "variant": "on"}],
         "stages": [{"percentage": 100, "advance": "by-itself"}]}
        """

    /// About to launch by itself.
    private func running() async throws -> ReleaseFixture {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(Self.plan)
        try await fixture.tell(.start())
        return fixture
    }

    @Test func aLaunchThatIsRefusedIsHeldWithTheReason() async throws {
        let fixture = try await running()
        await fixture.control.stop()
        let store = try ControlStore(directory: fixture.directory.path, clock: 1)
        let states = try store.load().environments.map(\.state)
        let published = PublishedEnvironments(states)
        var loop = CommitterLoop(
            store: store, states: states, published: published, historyKeep: .everything, logger: .silent,
            clock: { 1 }, sight: fixture.world.sight, publish: { _ in })
        loop.maximumDeltaBytes = 64
        let outcomes = Mutex<[Result<ChangeOutcome, Refusal>]>([])
        func ask(_ kind: ChangeRequest.Kind) {
            loop.run([
                .change(ChangeRequest(environment: "production", actor: "pilotlight", kind)) { result in
                    outcomes.withLock { $0.append(result) }
                }
            ])
            loop.answerAll()
        }
        func due() throws -> [String] {
            ReleaseWatch.due(in: try published.find("production"), at: fixture.world.time) { fixture.world.fleet }
        }
        // An operator's launch is refused, and no more.
        ask(.release("summer", .launch()))
        #expect(try published.find("production").releases["summer"]?.state == .running)
        #expect(try due() == ["summer"])
        ask(.keepRelease("summer"))
        let release = try #require(try published.find("production").releases["summer"])
        #expect(release.state == .held && release.history.last?.trigger == .hold)
        #expect(release.history.last?.why.hasPrefix("Change is too large: it makes a delta of") == true)
        #expect(try due().isEmpty)
        #expect(outcomes.withLock { $0.map { (try? $0.get()) != nil } } == [false, true])
        store.close()
    }

    @Test func onlyWhatARunningReleaseDoesByItselfIsHeld() async throws {
        let fixture = try await running()
        let state = try fixture.state
        let refusal = Refusal(.tooLarge, "Too large", detail: "by far", hint: "")
        func held(_ kind: ChangeRequest.Kind, on state: EnvironmentState?) -> ChangeRequest? {
            ChangeRequest(environment: "production", actor: "pilotlight", kind).held(for: refusal, on: state)
        }
        let instead = try #require(held(.keepRelease("summer"), on: state))
        #expect(instead.message == "Too large: by far" && instead.actor == "pilotlight")
        #expect(held(instead.kind, on: state) == nil && held(.release("summer", .launch()), on: state) == nil)
        #expect(held(.keepRelease("winter"), on: state) == nil && held(.keepRelease("summer"), on: nil) == nil)
        var blocked = state
        let own = state.committed.revision
        blocked.log.block(
            Divergence(
                .higherNumber, heard: Revision(epoch: own.epoch, number: own.number + 1), heardDigest: .empty, own: own)
        )
        #expect(held(.keepRelease("summer"), on: blocked) == nil)
        await fixture.control.stop()
    }

    @Test func patienceGrowsAndIsOver() {
        var patience = ReleasePatience()
        func isTime(_ steady: Int64) -> Bool { patience.isTime(for: "a", in: "production", at: steady) }
        func refuse(_ steady: Int64, _ reason: String = "disk", _ release: String = "a") -> Bool {
            patience.refuse(release, in: "production", reason, at: steady, draw: 1)
        }
        #expect(isTime(0))
        #expect(refuse(0))
        #expect(!isTime(199) && isTime(200))
        #expect(!refuse(200), "said already")
        #expect(!isTime(599) && isTime(600))
        for _ in 0..<40 { _ = refuse(600) }
        #expect(!isTime(600 + ReleasePatience.longest - 1) && isTime(600 + ReleasePatience.longest))
        // Another release for the same reason is no news, another reason is.
        #expect(!refuse(600, "disk", "b") && refuse(600, "too large", "b"))
        #expect(patience.isTime(for: "c", in: "production", at: 600), "others aren't made to wait")
        #expect(patience.isTime(for: "a", in: "staging", at: 600))
        patience.settle("a", in: "production")
        #expect(isTime(600) && !refuse(600))
        patience.settle(all: "production", but: ["b"])
        #expect(isTime(600) && !patience.isTime(for: "b", in: "production", at: 600))
        patience.settle("b", in: "production")
        #expect(refuse(600), "all was well meanwhile")
    }

    @Test func aStoreThatRefusesIsSaidOnceAndAskedNotTooOften() async throws {
        let fixture = try await running()
        let world = fixture.world
        let log = LogRecord()
        let start = Moment.now.uptime
        let keeper = ReleaseKeeper(
            fixture.control.published, SharedRegistry(Registry(started: .now)), fixture.control.committer,
            logger: log.logger
        ) {
            ReleaseTime(wall: world.time.wall, steady: world.time.steady + Int64(Moment.now.uptime - start))
        }
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let disk = try DatabaseQueue(path: fixture.control.store.path, configuration: configuration)
        try await disk.write {
            try $0.execute(sql: "CREATE TRIGGER full BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'full'); END")
        }
        let task = Task { await keeper.run() }
        try await eventually("it was asked four times") { seen in
            seen.note(log.events.map(\.level))
            return log.events.count >= 4
        }
        // 0.2, 0.2 and 0.4 s at least lie between them.
        #expect(Moment.now.uptime - start >= 800)
        #expect(log.events.filter { $0.level == .warning }.count == 1)
        try await disk.write { try $0.execute(sql: "DROP TRIGGER full") }
        try await eventually("it is launched at last") { _ in try fixture.release().state == .launched }
        task.cancel()
        await task.value
        try disk.close()
        await fixture.control.stop()
    }
}
