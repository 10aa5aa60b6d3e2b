import Flags
import HashTreeCollections
import JSON
import Releases
import Replication
import Testing

@testable import Control

/// What a flag and a component tell of the release that owns them.
@Suite struct OwningReleaseTests {
    private static func owner(_ flag: String, _ fixture: ReleaseFixture) throws -> JSONValue? {
        OwningRelease(of: flag, in: try fixture.state)?.json
    }

    @Test func itTellsWhoHasItNow() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        #expect(try Self.owner("basket", fixture) == nil)
        try await fixture.tell(.start(opens: fixture.world.time.wallSeconds + 3_600))
        try await fixture.keep()
        let armed = try #require(try Self.owner("basket", fixture))
        #expect(armed["state"] == "armed" && armed["share"] == 0 && armed["pilots"] == [] && armed["stage"] == .null)
        #expect(armed["opens"] == .string(Timestamp.text(seconds: fixture.world.time.wallSeconds + 3_600)))
        try await fixture.control.submit(.release("summer", .start(now: true)))
        #expect(
            try Self.owner("basket", fixture) == [
                "name": "summer", "state": "running", "stage": ["index": 1, "count": 2, "name": "staff"],
                "opens": .null, "variant": "on", "share": 0, "pilots": ["staff"],
            ])
        try await fixture.tell(.advance())
        let component = try #require(try Self.owner(ReleaseFixture.checkout, fixture))
        #expect(component["version"] == "1.1" && component["variant"] == nil && component["share"] == 50)
        #expect(try Self.owner("other", fixture) == nil)
        try await fixture.tell(.rollBack())
        #expect(try Self.owner("basket", fixture) == nil)
        await fixture.control.stop()
    }

    @Test func itIsLaidOverTheSplit() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        try await fixture.tell(.advance())
        let release = try #require(OwningRelease(of: ReleaseFixture.checkout, in: try fixture.state))
        func laid(_ shares: (String, Int)...) -> [String] {
            release.laid(
                over: shares.compactMap { version, hundredths in
                    Percentage(hundredths: hundredths).map { VersionSplit.Share(version, $0) }
                }
            ).map { "\($0.version) \($0.percentage.text)" }
        }
        #expect(laid() == ["1.1 50 %"])
        #expect(laid(("1.0", 4_000), ("1.1", 1_000)) == ["1.0 20 %", "1.1 55 %"])
        #expect(laid(("1.0", 10_000)) == ["1.0 50 %", "1.1 50 %"])
        await fixture.control.stop()
    }

    /// The release goes on without a change of what it owns: who has an answer with an old tag is told anew. A change asks
    /// for the content alone.
    @Test func tagsTellWhereItStands() async throws {
        let fixture = try await ReleaseFixture.make()
        let key = EntryKey(.flag, "basket")
        func tags() throws -> [String] {
            let state = try fixture.state
            return [
                try #require(EntityTag.of(key, in: state)), EntityTag.of(state.committed.revision, in: state),
            ]
        }
        try await fixture.create()
        let before = try tags()
        try await fixture.tell(.start())
        let running = try tags()
        try await fixture.tell(.hold)
        let held = try tags()
        #expect(before[0] != running[0] && running[0] != held[0] && running[1] != held[1])
        #expect(EntityTag.content(of: held[0]) == before[0] && EntityTag.content(of: before[0]) == before[0])
        try Precondition(tags: [held[0]]).check(key, on: try fixture.state)
        try Precondition(tags: [before[0]]).check(key, on: try fixture.state)
        try await fixture.tell(.rollBack())
        #expect(try tags()[0] == before[0])
        await fixture.control.stop()
    }
}
