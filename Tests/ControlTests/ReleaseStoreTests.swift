import Flags
import Foundation
import GRDB
import Harness
import HashTreeCollections
import JSON
import Logging
import Releases
import Replication
import Testing

@testable import Control

/// A release's record, what agents are told and what is announced are one transaction: whenever control ends, it goes on
/// where it stood.
@Suite struct ReleaseStoreTests {
    /// Steps of a life that passes through every state; each is followed by a restart.
    @Test func aRestartInEveryStateResumes() async throws {
        var fixture = try await ReleaseFixture.make()
        try await fixture.create(ReleaseFixture.plan(requires: #""everywhere: checkout >= 1.1""#))
        let opens = fixture.world.time.wallSeconds + 60
        let steps: [(ReleaseState, (ReleaseFixture) async throws -> Void)] = [
            (.draft, { _ in }),
            (.scheduled, { try await $0.tell(.start(opens: opens)) }),
            (.armed, { try await $0.keep() }),
            (
                .running,
                {
                    $0.world.pass(seconds: 60)
                    try await $0.keep()
                }
            ),
            (.held, { try await $0.tell(.hold) }),
            (.running, { try await $0.tell(.resume()) }),
            (.running, { try await $0.tell(.advance()) }),
            (.launched, { try await $0.tell(.launch(early: true)) }),
            (.rolledBack, { try await $0.tell(.rollBack()) }),
        ]
        for (state, step) in steps {
            try await step(fixture)
            let before = (try fixture.release(), try fixture.entries, try await fixture.announcements())
            #expect(before.0.state == state)
            fixture = try await fixture.restarted()
            #expect(try fixture.release() == before.0)
            #expect(try fixture.entries == before.1)
            #expect(try await fixture.announcements() == before.2)
            #expect((try fixture.state.owner(of: "basket") != nil) == state.isActive)
            if state != .scheduled { #expect(try await !fixture.keep()) }
            #expect(try fixture.release() == before.0)
        }
        let told = try await fixture.announcements()
        #expect(told.map(\.kind) == ["held", "launched", "rolled-back"])
        #expect(told.map(\.sequence) == [1, 2, 3])
        #expect(Set(told.map(\.id)).count == 3)
        await fixture.control.stop()
    }

    /// Of each environment the newest so many that were delivered stay, and all that the webhook is yet to take.
    @Test func oldAnnouncementsGoOnceTheyAreDelivered() async throws {
        let fixture = try await ReleaseFixture.make()
        let store = fixture.control.store
        _ = try await fixture.control.committer.createEnvironment("staging", .v2, actor: "test", message: "")
        let environments = try store.load().environments.map(\.state.id).sorted()
        // None of these is too many for who has yet to take them.
        try store.move(.webhook, to: 50)
        // 1,100 of one environment, with three of the other in between.
        try store.write(
            [],
            announcements: (1...1_103).map { number in
                Self.announcement(number, of: environments[number.isMultiple(of: 300) ? 1 : 0])
            })
        let reader = try StoreReader(path: store.path)
        func kept() async throws -> [Int64] { try await reader.announcements(after: 0, limit: 9_999).map(\.sequence) }
        try Self.trim(store)
        #expect(try await kept() == Array(1...1_103))
        try store.move(.webhook, to: 1_013)
        try Self.trim(store)
        #expect(try await kept() == Array(11...1_103), "1,010 are delivered")
        try store.move(.webhook, to: 1_103)
        try Self.trim(store)
        #expect(try await kept() == Array(101...1_103), "the other environment's are none too many")
        try Self.trim(store)
        #expect(try await kept().count == 1_003)
        #expect(try await reader.position(of: .webhook) == (1_103, 1_103))
        #expect(try await reader.announcements(of: environments[0], kinds: ["held"], limit: 9_999).count == 1_000)
        reader.close()
        await fixture.control.stop()
    }

    /// Until there is nothing more to be deleted.
    private static func trim(_ store: ControlStore, hasWebhook: Bool = true) throws {
        var isMore = true
        while isMore { isMore = try store.trim(.everything, hasWebhook: hasWebhook, now: 1).isMore }
    }

    private static func announcement(_ number: Int, of environment: Int64) -> StoredAnnouncement {
        StoredAnnouncement(
            environment: environment, id: "id-\(number)", release: "summer", kind: "held", time: Int64(number), body: []
        )
    }

    /// Nobody waits for them where there is no webhook.
    @Test func oldAnnouncementsGoWithoutAWebhookToo() async throws {
        let fixture = try await ReleaseFixture.make()
        let store = fixture.control.store
        let id = try fixture.state.id
        try store.write([], announcements: (1...1_010).map { Self.announcement($0, of: id) })
        try Self.trim(store)
        let reader = try StoreReader(path: store.path)
        #expect(try await reader.announcements(after: 0, limit: 1).map(\.id) == ["id-11"])
        reader.close()
        await fixture.control.stop()
    }

    /// Nobody waits for them any more where there was one once.
    @Test func oldAnnouncementsGoWhereTheWebhookWasTakenAway() async throws {
        let fixture = try await ReleaseFixture.make()
        let store = fixture.control.store
        let id = try fixture.state.id
        try store.write([], announcements: (1...1_010).map { Self.announcement($0, of: id) })
        try store.move(.webhook, to: 3)
        let reader = try StoreReader(path: store.path)
        try Self.trim(store)
        #expect(try await reader.announcements(after: 0, limit: 1).map(\.id) == ["id-1"])
        try Self.trim(store, hasWebhook: false)
        #expect(try await reader.announcements(after: 0, limit: 1).map(\.id) == ["id-11"])
        reader.close()
        await fixture.control.stop()
    }

    @Test func theLogSaysThatAnnouncementsGo() async throws {
        let fixture = try await ReleaseFixture.make()
        let id = try fixture.state.id
        try fixture.control.store.write([], announcements: (1...1_010).map { Self.announcement($0, of: id) })
        await fixture.control.stop()
        let log = LogRecord()
        let again = try ControlFixture(fixture.directory.path, logger: log.logger)
        // Answered by a committer that looked before.
        try await again.submit(.createPilot("new"))
        #expect(
            log.events == [
                LogRecord.Event(
                    level: .notice, message: "announcements that are no longer kept are deleted",
                    metadata: ["keep": "1000"])
            ])
        await again.stop()
    }

    @Test func deploymentsAndFreezesComeBack() async throws {
        var fixture = try await ReleaseFixture.make()
        let number = try fixture.state.committed.revision.number
        let deployment = Deployment(
            component: "checkout", version: "1.1", where: "eu", state: .verified, at: 5, by: "ci")
        let recorded = try await fixture.control.submit(.putDeployment(deployment))
        #expect(!recorded.published && recorded.revision.number == number)
        let window = try #require(
            FreezeWindow.read("week", ["from": "fri 16:00", "until": "mon 08:00", "weekly": true]).window)
        try await fixture.control.submit(.putFreeze(window))
        fixture = try await fixture.restarted()
        #expect(try fixture.state.deployments.sorted == [deployment])
        #expect(try fixture.state.freezes.windows == [window])
        try await fixture.control.submit(.retireDeployment(component: "checkout", version: "1.1", where: nil))
        try await fixture.control.submit(.removeFreeze("week"))
        #expect(await refusal { try await fixture.control.submit(.removeFreeze("week")) }?.kind == .unknown)
        let unknown = ChangeRequest.Kind.retireDeployment(component: "checkout", version: "1.1", where: "us")
        #expect(await refusal { try await fixture.control.submit(unknown) }?.kind == .unknown)
        fixture = try await fixture.restarted()
        #expect(try fixture.state.deployments.sorted.map(\.state) == [.retired])
        #expect(try fixture.state.freezes.windows.isEmpty)
        #expect(try fixture.state.committed.revision.number == number)
        await fixture.control.stop()
    }

    /// The write of each part in turn fails: nothing of the step is there, in memory and on disk, and it can be repeated.
    @Test(arguments: ["records", "announcements", "log"])
    func aFailingWriteLeavesNothing(_ table: String) async throws {
        var fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        let before = (try fixture.release(), try fixture.state.committed)
        var configuration = Configuration()
        // The committer may be about something of its own.
        configuration.busyMode = .timeout(10)
        let other = try DatabaseQueue(path: fixture.control.store.path, configuration: configuration)
        try await other.write { db in
            try db.execute(
                sql: "CREATE TRIGGER full BEFORE INSERT ON \(table) BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        }
        for event in [ReleaseEvent.launch(early: true), .rollBack()] {
            #expect(await refusal { try await fixture.tell(event) }?.kind == .failed)
        }
        #expect(try fixture.release() == before.0 && fixture.state.committed.digest == before.1.digest)
        #expect(try fixture.state.owner(of: "basket")?.name == "summer")
        fixture = try await fixture.restarted()
        #expect(try fixture.release() == before.0 && fixture.state.committed.revision == before.1.revision)
        #expect(try await fixture.announcements().isEmpty)
        try await other.write { try $0.execute(sql: "DROP TRIGGER full") }
        try other.close()
        try await fixture.tell(.launch(early: true))
        #expect(try fixture.release().state == .launched)
        #expect(try await fixture.announcements().count == 1)
        await fixture.control.stop()
    }

    /// A repetition under the same idempotency key is answered the same, though nothing of it had a revision.
    @Test func aRepeatedRequestCreatesOnce() async throws {
        let fixture = try await ReleaseFixture.make()
        let json = try #require(JSONReader.read(ReleaseFixture.plan()).value)
        let (plan, _) = ReleasePlan.read(json)
        let request = ChangeRequest(
            environment: "production", actor: "ci", idempotency: IdempotencyKey(key: "k", fingerprint: "f"),
            .createRelease(try #require(plan), id: "one", replace: false))
        let first = try await fixture.control.committer.submit(request)
        let second = try await fixture.control.committer.submit(request)
        #expect(!first.isRepeated && second.isRepeated && first.revision == second.revision)
        #expect(try fixture.release().id == "one")
        await fixture.control.stop()
    }

    @Test func readersOfAnnouncementsGoOnWhereTheyWere() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        try await fixture.tell(.hold)
        try await fixture.tell(.resume())
        try await fixture.tell(.rollBack())
        let reader = try StoreReader(path: fixture.control.store.path)
        #expect(try await reader.position(of: .webhook) == (taken: nil, newest: 2))
        try await fixture.control.committer.took(1, by: .webhook)
        #expect(try await reader.position(of: .webhook) == (taken: 1, newest: 2))
        #expect(try await reader.announcements(after: 1, limit: 10).map(\.kind) == ["rolled-back"])
        let id = try fixture.state.id
        #expect(try await reader.announcements(of: id, kinds: ["held"], limit: 10).map(\.sequence) == [1])
        #expect(
            try await reader.announcements(of: id, kinds: ["held", "rolled-back"], limit: 1).map(\.sequence) == [2])
        #expect(try await reader.announcements(of: id + 1, kinds: ["held"], limit: 10).isEmpty)
        reader.close()
        await fixture.control.stop()
    }

    @Test func aRecordThatCannotBeReadIsDamage() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        await fixture.control.stop()
        let other = try DatabaseQueue(path: fixture.control.store.path)
        try await other.write { try $0.execute(sql: "UPDATE records SET bytes = x'7b7d'") }
        try other.close()
        let store = try ControlStore(directory: fixture.directory.path, clock: 1)
        #expect(throws: ControlError.self) { try store.load() }
        do {
            _ = try store.load()
        } catch {
            #expect("\(error)".contains("release \"summer\" can't be read"))
        }
        store.close()
    }

    /// A store of the format before these tables is made one of today's, with all that is in it.
    @Test func anOlderStoreIsTakenOver() async throws {
        let fixture = try await ReleaseFixture.make()
        let before = try fixture.state.committed
        await fixture.control.stop()
        let other = try DatabaseQueue(path: fixture.control.store.path)
        try await other.write { db in
            for table in ["records", "announcements", "positions", "clock"] {
                try db.execute(sql: "DROP TABLE \(table)")
            }
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        try other.close()
        let again = try await fixture.restarted()
        #expect(try again.state.committed.digest == before.digest)
        #expect(try again.state.committed.revision == before.revision)
        try await again.create()
        try await again.tell(.start())
        #expect(try again.release().state == .running)
        await again.control.stop()
    }
}
