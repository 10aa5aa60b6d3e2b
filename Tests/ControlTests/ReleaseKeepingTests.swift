import Flags
import Harness
import HashTreeCollections
import JSON
import Releases
import Replication
import Testing

@testable import Control

/// What releases do by themselves, decided on what is published and again by the committer.
@Suite struct ReleaseKeepingTests {
    private func running(_ more: String = "", requires: String = "") async throws -> ReleaseFixture {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(ReleaseFixture.plan(more, requires: requires))
        try await fixture.tell(.start())
        return fixture
    }

    @Test func aRedGateHolds() async throws {
        let fixture = try await running(requires: #""everywhere: checkout >= 1.1""#)
        #expect(try await !fixture.keep())
        fixture.world.run(["a": "1.1", "old": "1.0"])
        #expect(try await fixture.keep())
        let release = try fixture.release()
        #expect(release.state == .held && release.history.last?.trigger == .turnedRed)
        #expect(release.history.last?.why.contains("old") == true)
        #expect(try fixture.staged?.pilots == ["staff"])
        let refused = try #require(await refusal { try await fixture.tell(.resume()) })
        #expect(refused.members["agents"] == ["old"])
        fixture.world.run(["a": "1.1", "old": "1.1"])
        // It is for an operator to go on.
        #expect(try await !fixture.keep())
        try await fixture.tell(.resume())
        #expect(try fixture.release().state == .running)
        await fixture.control.stop()
    }

    @Test func aRedGateTakesBackWhereThePlanSaysSo() async throws {
        let fixture = try await running(#", "onRed": "rollback""#, requires: #""everywhere: checkout >= 1.1""#)
        fixture.world.run(["a": "1.1", "old": "1.0"])
        try await fixture.keep()
        #expect(try fixture.release().state == .rolledBack)
        #expect(try fixture.staged == nil && fixture.basket("ann") == "off")
        #expect(try await fixture.announcements().map(\.kind) == ["rolled-back"])
        await fixture.control.stop()
    }

    @Test func silenceAloneOnlyHolds() async throws {
        let fixture = try await running(#", "onRed": "rollback""#)
        fixture.world.run(["a": "1.1"], isLive: false)
        try await fixture.keep()
        #expect(try fixture.release().state == .held)
        await fixture.control.stop()
    }

    @Test func aRefusedStartNamesTheAgents() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(ReleaseFixture.plan(requires: #""everywhere: checkout >= 1.1""#))
        fixture.world.run(["a": "1.1", "b": "1.0", "c": "1.0"])
        let refused = try #require(await refusal { try await fixture.tell(.start()) })
        #expect(refused.kind == .conflict && refused.members["agents"] == ["b", "c"])
        #expect(try fixture.release().state == .draft)
        await fixture.control.stop()
    }

    @Test func itIsArmedAheadAndOpensAtItsTime() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        let opens = fixture.world.time.wallSeconds + 600
        fixture.world.run(["a": "1.0"])
        try await fixture.tell(.start(opens: opens))
        #expect(try fixture.release().state == .scheduled)
        #expect(try await !fixture.keep())
        fixture.world.run(["a": "1.1"])
        fixture.world.skew(["agent a is 1.4 s ahead"])
        #expect(try await !fixture.keep())
        fixture.world.skew([])
        try await fixture.keep()
        #expect(try fixture.release().state == .armed)
        #expect(try fixture.staged?.opens == opens)
        #expect(try fixture.basket("ann") == "off")

        // Red before its time: withdrawn, and armed anew.
        fixture.world.run(["a": "1.0"])
        try await fixture.keep()
        #expect(try fixture.release().state == .scheduled && fixture.staged == nil)
        fixture.world.run(["a": "1.1"])
        try await fixture.keep()
        // A clock astray likewise.
        fixture.world.skew(["agent a is 1.4 s ahead"])
        try await fixture.keep()
        #expect(try fixture.release().state == .scheduled)
        fixture.world.skew([])
        try await fixture.keep()
        // And a kill, in its own revision.
        let number = try fixture.state.committed.revision.number
        try await fixture.control.submit(.kill(flag: "basket", variant: nil))
        #expect(try fixture.release().state == .scheduled && fixture.staged == nil)
        #expect(try fixture.state.committed.revision.number == number + 1)
        try await fixture.control.submit(.unkill(flag: "basket"))
        try await fixture.keep()
        #expect(try fixture.release().state == .armed)

        fixture.world.pass(seconds: 600)
        let before = try fixture.state.committed.revision
        try await fixture.keep()
        #expect(try fixture.release().state == .running)
        // Agents have opened by themselves: there is nothing to tell them.
        #expect(try fixture.state.committed.revision == before)
        #expect(try fixture.basket("ann") == "on")
        await fixture.control.stop()
    }

    @Test func stagesAndLaunchByThemselvesTakeTheirTime() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(
            """
            {"name": "summer", "changes": [{"flag": "basket", "variant": "on"}],
             "stages": [{"percentage": 1, "minimum": "1h", "advance": "by-itself"},
                        {"percentage": 100, "minimum": "2h", "advance": "by-itself"}]}
            """)
        try await fixture.tell(.start())
        // Somebody sets the clock: no stage is shorter, or longer, by that.
        fixture.world.step(seconds: 3_600)
        #expect(try await !fixture.keep())
        fixture.world.step(seconds: -7_200)
        fixture.world.pass(seconds: 3_600)
        try await fixture.keep()
        #expect(try fixture.release().stage == 1 && fixture.release().state == .running)
        fixture.world.pass(seconds: 7_199)
        #expect(try await !fixture.keep())
        fixture.world.pass(seconds: 1)
        try await fixture.keep()
        #expect(try fixture.release().state == .launched)
        #expect(try fixture.release().history.map(\.to) == [.draft, .running, .running, .launched])
        #expect(try await fixture.announcements().map(\.kind) == ["launched"])
        await fixture.control.stop()
    }

    /// The committer decides on what it has itself: an order that comes late does nothing twice.
    @Test func anOrderThatComesTwiceDoesNothingTwice() async throws {
        let fixture = try await running(requires: #""everywhere: checkout >= 1.1""#)
        fixture.world.run(["a": "1.1", "old": "1.0"])
        async let first = fixture.control.submit(.keepRelease("summer"))
        async let second = fixture.control.submit(.keepRelease("summer"))
        _ = try await (first, second)
        #expect(try fixture.release().history.map(\.to) == [.draft, .running, .held])
        #expect(try await fixture.announcements().count == 1)
        await fixture.control.stop()
    }

    // MARK: The watch

    @Test func theWatchLooksWhenSomethingChangesAndTwiceASecond() {
        var watch = ReleaseWatch()
        var sounds = ReleaseWatch.Sounds(reports: 0, changes: 0)
        var time = ReleaseTime(wall: 0, steady: 0)
        func looks() -> Bool { watch.isTime(sounds, at: time) }
        #expect(looks())
        #expect(!looks())
        sounds.reports += 1
        #expect(looks())
        sounds.changes += 1
        #expect(looks())
        time.steady = 499
        #expect(!looks())
        // Not by the calendar.
        time.wall = 10_000_000
        #expect(!looks())
        time.steady = 500
        #expect(looks())
    }

    @Test func nothingIsDueWhereNoWritesAreTaken() async throws {
        let fixture = try await running(requires: #""everywhere: checkout >= 1.1""#)
        fixture.world.run(["a": "1.0"])
        var state = try fixture.state
        #expect(ReleaseWatch.due(in: state, at: fixture.world.time) { fixture.world.fleet } == ["summer"])
        let own = state.committed.revision
        state.log.block(
            Divergence(
                .higherNumber, heard: Revision(epoch: own.epoch, number: own.number + 1), heardDigest: .empty, own: own)
        )
        #expect(ReleaseWatch.due(in: state, at: fixture.world.time) { fixture.world.fleet }.isEmpty)
        await fixture.control.stop()
    }
}
