import Flags
import GRDB
import Harness
import Releases
import Replication
import Testing

@testable import Control

/// What releases change has their steps in its history.
@Suite struct ReleaseHistoryTests {
    private func numbers(
        _ fixture: ReleaseFixture, _ filter: HistoryFilter, before: UInt64 = .max, limit: Int = 100
    ) async throws -> [UInt64] {
        let reader = try StoreReader(path: fixture.control.store.path)
        defer { reader.close() }
        return try await reader.page(of: try fixture.state.id, filter, before: before, limit: limit)
            .map(\.revision.number)
    }

    @Test func theStepsOfAReleaseAreOfAllThatItChanges() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        fixture.world.pass(seconds: 10)
        try await fixture.tell(.advance())
        try await fixture.tell(.hold)
        try await fixture.tell(.resume())
        try await fixture.tell(.launch(early: true))
        try await fixture.tell(.rollBack())
        // Holding and resuming change nothing for agents: they are in the release's own record.
        for name in ["basket", "checkout"] {
            let filter = HistoryFilter(name: name)
            #expect(try await numbers(fixture, filter) == [5, 4, 3, 2, 1], "\(name)")
            #expect(try await numbers(fixture, filter, limit: 2) == [5, 4], "\(name)")
            #expect(try await numbers(fixture, filter, before: 4, limit: 2) == [3, 2], "\(name)")
        }
        // Of one kind, only what touched that.
        #expect(try await numbers(fixture, HistoryFilter(kinds: [.flag], name: "basket")) == [5, 4, 1])
        #expect(try await numbers(fixture, HistoryFilter(kinds: [.release], name: "basket")).isEmpty)
        #expect(try await numbers(fixture, HistoryFilter(kinds: [.release], name: "summer")) == [4, 3, 2])
        #expect(try await numbers(fixture, HistoryFilter(name: "summer")) == [4, 3, 2])
        for name in ["other", "search", "staff"] {
            #expect(try await numbers(fixture, HistoryFilter(name: name)) == [1], "\(name)")
        }
        await fixture.control.stop()
    }

    @Test func aNameThatAReleaseHadBeforeCountsByWhatItChangedThen() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        try await fixture.tell(.rollBack())
        try await fixture.control.submit(.deleteRelease("summer"))
        try await fixture.create(
            #"{"name": "summer", "changes": [{"flag": "other", "variant": "on"}], "stages": [{"percentage": 5}]}"#)
        try await fixture.tell(.start())
        try await fixture.tell(.rollBack())
        #expect(try await numbers(fixture, HistoryFilter(name: "basket")) == [3, 2, 1])
        #expect(try await numbers(fixture, HistoryFilter(name: "other")) == [5, 4, 1])
        #expect(try await numbers(fixture, HistoryFilter(name: "summer")) == [5, 4, 3, 2])
        await fixture.control.stop()
    }

    /// Whatever else a release has the name for, it doesn't change what is called so.
    @Test func aNameThatAReleaseOnlyMentionsIsNoneOfIt() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(
            """
            {"name": "summer", "changes": [{"flag": "basket", "variant": "on"}], "salt": "other",
             "stages": [{"name": "staff", "pilots": ["staff"]}]}
            """)
        try await fixture.tell(.start())
        #expect(try await numbers(fixture, HistoryFilter(name: "other")) == [1])
        // Running on: what its entry was made to be is what it is.
        #expect(try await numbers(fixture, HistoryFilter(name: "basket")) == [2, 1])
        await fixture.control.stop()
    }

    /// A page of one flag doesn't read what others' releases wrote.
    @Test func deltasOfOthersReleasesAreNotRead() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        try await fixture.tell(.rollBack())
        let disk = try DatabaseQueue(path: fixture.control.store.path)
        try await disk.write { try $0.execute(sql: "UPDATE log SET delta = x'00' WHERE number = 2") }
        try disk.close()
        #expect(try await numbers(fixture, HistoryFilter(name: "other")) == [1])
        await fixture.control.stop()
    }
}
