import Flags
import Harness
import HashTreeCollections
import JSON
import Logging
import Releases
import Replication
import Testing

@testable import Control

/// A release that is over, or never began, can be deleted; what it did stays, and so does whatever still goes by it.
@Suite struct ReleaseDeletionTests {
    private func delete(_ fixture: ReleaseFixture, _ name: String = "summer") async throws -> ChangeOutcome {
        try await fixture.control.submit(.deleteRelease(name))
    }

    /// Refused, with nothing changed.
    private func refused(
        _ fixture: ReleaseFixture, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Refusal {
        let before = try fixture.release()
        let found = try #require(await refusal { try await delete(fixture) }, sourceLocation: sourceLocation)
        #expect(found.kind == .conflict && found.title == "Release not deleted", sourceLocation: sourceLocation)
        #expect(found.members["release"] == "summer", sourceLocation: sourceLocation)
        #expect(found.members["state"] == .string(before.state.rawValue), sourceLocation: sourceLocation)
        #expect(try fixture.release() == before, sourceLocation: sourceLocation)
        return found
    }

    private func launched(_ requires: String = "") async throws -> ReleaseFixture {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(ReleaseFixture.plan(requires: requires))
        try await fixture.tell(.start())
        try await fixture.tell(.launch(early: true))
        return fixture
    }

    @Test func whatNobodyGetsIsDeletedAndItsNameIsFree() async throws {
        var fixture = try await ReleaseFixture.make()
        let before = try fixture.entries
        let ends: [(ReleaseState, (ReleaseFixture) async throws -> Void)] = [
            (.draft, { _ in }),
            (.cancelled, { try await $0.tell(.cancel) }),
            (
                .rolledBack,
                {
                    try await $0.tell(.start())
                    try await $0.tell(.launch(early: true))
                    try await $0.tell(.rollBack())
                }
            ),
        ]
        for (state, end) in ends {
            try await fixture.create()
            try await end(fixture)
            #expect(try fixture.release().state == state)
            let told = try await fixture.announcements()
            let number = try fixture.state.committed.revision.number
            let outcome = try await delete(fixture)
            #expect(!outcome.published && outcome.revision.number == number, "agents are told nothing")
            #expect(try fixture.state.releases.isEmpty && fixture.entries == before)
            #expect(try await fixture.announcements() == told, "what was announced stays")
            fixture = try await fixture.restarted()
            #expect(try fixture.state.releases.isEmpty, "it doesn't come back")
        }
        #expect(try await fixture.announcements().map(\.kind) == ["launched", "rolled-back"])
        let unknown = try #require(await refusal { try await delete(fixture) })
        #expect(unknown.kind == .unknown && unknown.title == "No such release")
        // The history goes on telling of it.
        let reader = try StoreReader(path: fixture.control.store.path)
        let entries = try await reader.page(of: try fixture.state.id, HistoryFilter(kinds: [.release]), limit: 10)
        #expect(entries.map(\.message) == ["release summer: launched", "release summer: start, stage 1 of 2 (staff)"])
        reader.close()
        await fixture.control.stop()
    }

    @Test func whatIsOnItsWayIsEndedFirst() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start(opens: fixture.world.time.wallSeconds + 60))
        #expect(try await refused(fixture).hint == "cancel it first: `pilotlight release cancel summer`")
        try await fixture.keep()
        #expect(try fixture.release().state == .armed)
        #expect(try await refused(fixture).hint == "cancel it first: `pilotlight release cancel summer`")
        try await fixture.tell(.start(now: true))
        let running = try await refused(fixture)
        #expect(running.detail == "release \"summer\" is running")
        #expect(running.hint == "take it back first: `pilotlight release rollback summer`")
        try await fixture.tell(.hold)
        #expect(try await refused(fixture).hint == "take it back first: `pilotlight release rollback summer`")
        #expect(try fixture.staged != nil)
        await fixture.control.stop()
    }

    @Test func whatItLaunchedKeepsIt() async throws {
        let fixture = try await launched()
        let both = try await refused(fixture)
        #expect(
            both.detail
                == "release \"summer\" is launched; component \"checkout\" still gives \"1.1\" by default; "
                + "flag \"basket\" still gives \"on\" by default")
        #expect(both.members["conflicts"] == ["component \"checkout\"", "flag \"basket\""])
        // Serving something else would leave the floors.
        let hint =
            "delete what nobody asks for any more (`pilotlight component delete checkout`), or take it all back "
            + "(`pilotlight release rollback summer`)"
        #expect(both.hint == hint)
        try await fixture.control.submit(.deleteFlag("basket"))
        #expect(try await refused(fixture).members["conflicts"] == ["component \"checkout\""])
        // Another version is everybody's now; but agents below 1.1 still answer as before the launch.
        try await fixture.control.edit(ComponentEdit(defaultVersion: "1.0", unchecked: true))
        let floor = try await refused(fixture)
        #expect(
            floor.detail
                == "release \"summer\" is launched; component \"checkout\" still asks older agents for the versions of "
                + "its launch")
        #expect(floor.hint == hint)
        try await fixture.control.submit(.deleteFlag(ReleaseFixture.checkout))
        #expect(try await !delete(fixture).published)
        #expect(try fixture.state.releases.isEmpty)
        await fixture.control.stop()
    }

    /// A flag's own launch leaves no floor: it is enough that it serves something else by now.
    @Test func aFlagThatWentOnFreesIt() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(
            """
            {"name": "summer", "changes": [{"flag": "basket", "variant": "on"}], "stages": [{"percentage": 100}]}
            """)
        try await fixture.tell(.start())
        try await fixture.tell(.launch())
        #expect(
            try await refused(fixture).hint
                == "serve something else by default (`pilotlight flag default basket VARIANT`), or delete what nobody "
                + "asks for any more (`pilotlight flag delete basket`), or take it all back "
                + "(`pilotlight release rollback summer`)")
        try await fixture.control.submit(.setDefault(flag: "basket", variant: "off"))
        _ = try await delete(fixture)
        #expect(try fixture.state.releases.isEmpty)
        await fixture.control.stop()
    }

    /// A floor that had to make room for others comes back with their roll back, and is known by its release.
    @Test func aFloorThatMadeRoomKeepsItToo() async throws {
        let fixture = try await ReleaseFixture.make()
        for (index, name) in ["summer", "a", "b", "c", "d"].enumerated() {
            try await fixture.create(
                """
                {"name": "\(name)", "changes": [{"flag": "basket", "variant": "\(index % 2 == 0 ? "on" : "off")"}],
                 "requires": ["everywhere: checkout >= 1.1"], "stages": [{"percentage": 100}]}
                """)
            try await fixture.tell(.start(), name)
            try await fixture.tell(.launch(), name)
        }
        try await fixture.control.submit(.setDefault(flag: "basket", variant: "off"))
        #expect(try await refused(fixture).members["conflicts"] == ["flag \"basket\""])
        try await fixture.control.submit(.deleteFlag("basket"))
        for name in ["summer", "a", "b", "c", "d"] { _ = try await delete(fixture, name) }
        #expect(try fixture.state.releases.isEmpty)
        await fixture.control.stop()
    }

    /// Whose floor it is has to be known for as long as there is one.
    @Test func aFloorKeepsOneThatWasRolledBackToo() async throws {
        let fixture = try await launched()
        let floors = try fixture.entries.filter { $0.key.kind == .floor }
        try await fixture.tell(.rollBack())
        var state = try fixture.state
        _ = try ReleaseDeletion.plan("summer", on: state)
        _ = try state.log.stage(floors.map { .put($0.key, $0.value) }, time: 1)
        let refused = try #require(throws: Refusal.self) { try ReleaseDeletion.plan("summer", on: state) }
        #expect(refused.members["conflicts"] == ["component \"checkout\"", "flag \"basket\""])
        #expect(refused.hint == "delete what nobody asks for any more (`pilotlight component delete checkout`)")
        await fixture.control.stop()
    }

    /// The roll back of a later launch gives what it released again.
    @Test func whatALaterLaunchLeadsBackToStays() async throws {
        let fixture = try await ReleaseFixture.make()
        for (name, variant) in [("summer", "on"), ("winter", "off")] {
            try await fixture.create(
                """
                {"name": "\(name)", "changes": [{"flag": "basket", "variant": "\(variant)"}],
                 "stages": [{"percentage": 100}]}
                """)
            try await fixture.tell(.start(), name)
            try await fixture.tell(.launch(), name)
        }
        let found = try await refused(fixture)
        #expect(
            found.detail == "release \"summer\" is launched; "
                + "flag \"basket\" gives \"on\" by default again when release \"winter\" is rolled back")
        #expect(found.members["conflicts"] == ["flag \"basket\""])
        #expect(found.hint?.contains("flag default") == false, "that wouldn't do")
        try await fixture.tell(.rollBack(), "winter")
        #expect(try await refused(fixture).detail.hasSuffix("flag \"basket\" still gives \"on\" by default"))
        await fixture.control.stop()
    }

    /// Its record was what said who did what with it.
    @Test func theLogSaysWhoDeletedItAndWhy() async throws {
        let directory = try TemporaryDirectory()
        let log = LogRecord()
        let control = try ControlFixture(directory.path, logger: log.logger)
        try await control.apply(Sample.document(Sample.flag("basket")))
        let json = try #require(
            JSONReader.read(
                #"{"name": "summer", "changes": [{"flag": "basket", "variant": "on"}], "stages": [{"percentage": 5}]}"#
            ).value)
        try await control.submit(.createRelease(try #require(ReleasePlan.read(json).plan), id: "1", replace: false))
        #expect(await refusal { try await control.submit(.deleteRelease("winter")) } != nil)
        #expect(log.events(of: "a release is deleted").isEmpty, "nothing is stored yet")
        let request = ChangeRequest(
            environment: "production", actor: "ann", message: "made by mistake",
            idempotency: IdempotencyKey(key: "once", fingerprint: "1"), .deleteRelease("summer"))
        _ = try await control.committer.submit(request)
        #expect(try await control.committer.submit(request).isRepeated)
        #expect(
            log.events(of: "a release is deleted") == [
                LogRecord.Event(
                    level: .notice, message: "a release is deleted",
                    metadata: [
                        "environment": "production", "release": "summer", "state": "draft", "actor": "ann",
                        "message": "made by mistake",
                    ])
            ])
        await control.stop()
    }
}
