import Flags
import Harness
import HashTreeCollections
import JSON
import Releases
import Replication
import Testing

@testable import Control

/// While a release runs, nothing but itself changes what it changes.
@Suite struct ReleaseOwnershipTests {
    private func running() async throws -> ReleaseFixture {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        return fixture
    }

    private func expectOwned(
        _ fixture: ReleaseFixture, _ subject: String = "basket", sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> some Any
    ) async throws {
        let before = try fixture.state.committed
        let refused = try #require(await refusal(body), sourceLocation: sourceLocation)
        #expect(refused.kind == .conflict && refused.title == "Being released", sourceLocation: sourceLocation)
        #expect(refused.detail.contains("\"summer\""), sourceLocation: sourceLocation)
        #expect(refused.detail.contains("\"\(subject)\""), sourceLocation: sourceLocation)
        #expect(
            refused.hint?.contains("`pilotlight release show summer`") == true, sourceLocation: sourceLocation)
        #expect(refused.members["release"] == "summer", sourceLocation: sourceLocation)
        #expect(try fixture.state.committed.revision == before.revision, sourceLocation: sourceLocation)
    }

    @Test func commandsOnWhatItChangesAreRefusedAndNameIt() async throws {
        let fixture = try await running()
        let control = fixture.control
        let kinds: [ChangeRequest.Kind] = [
            .setDefault(flag: "basket", variant: "on"), .setState(flag: "basket", enabled: false),
            .deleteFlag("basket"), .ramp(flag: "basket", RampRequest(variant: "on", percentage: .everybody, time: 1)),
        ]
        for kind in kinds { try await expectOwned(fixture) { try await control.submit(kind) } }
        let ofComponents: [ChangeRequest.Kind] = [
            .editComponent("checkout", ComponentEdit(defaultVersion: "1.1", unchecked: true)),
            .retireVersion(component: "checkout", version: "1.1"), .deleteFlag(ReleaseFixture.checkout),
        ]
        for kind in ofComponents {
            try await expectOwned(fixture, "checkout") { try await control.submit(kind) }
        }
        // What it doesn't change is as free as ever.
        try await control.submit(.setDefault(flag: "other", variant: "on"))
        try await control.submit(.editComponent("search", ComponentEdit(defaultVersion: "1.1", unchecked: true)))
        await control.stop()
    }

    @Test func documentsAreRefusedAsAWholeAndUnchangedOnesPass() async throws {
        let fixture = try await running()
        let control = fixture.control
        try await expectOwned(fixture) {
            try await control.apply(
                Sample.document(Sample.flag("other", default: "on"), Sample.flag("basket", default: "on")))
        }
        #expect(try fixture.answer("other", "ann") == "off")
        #expect(try await !control.apply(ReleaseFixture.document).published)
        await control.stop()
    }

    @Test func pruneLeavesItAloneAskedForAndConfirmed() async throws {
        let fixture = try await ReleaseFixture.make()
        let control = fixture.control
        try await control.apply(Sample.document(Sample.flag("mine")), set: "files")
        try await fixture.create(
            #"{"name": "summer", "changes": [{"flag": "mine", "variant": "on"}], "stages": [{"percentage": 1}]}"#)
        try await fixture.tell(.start())
        for confirm in [false, true] {
            try await expectOwned(fixture, "mine") {
                try await control.apply(
                    Sample.document(Sample.flag("other")), set: "files", prune: true, confirmPrune: confirm)
            }
        }
        await control.stop()
    }

    @Test func rollBackAndPromotionThatWouldChangeItAreRefused() async throws {
        let fixture = try await ReleaseFixture.make()
        let control = fixture.control
        try await control.submit(.setDefault(flag: "other", variant: "on"))
        try await control.submit(.setDefault(flag: "basket", variant: "on"))
        try await control.submit(.setDefault(flag: "basket", variant: "off"))
        try await fixture.create()
        try await fixture.tell(.start())
        let reader = try StoreReader(path: control.store.path)
        let state = try fixture.state
        let changed = try #require(try await reader.state(at: 3, from: state))
        try await expectOwned(fixture) {
            try await control.submit(.rollback(RollbackRequest(number: 3, content: changed, pilots: false)))
        }
        let request = PromoteRequest(source: "staging", content: changed, keys: ["basket"], pilots: false)
        try await expectOwned(fixture) { try await control.submit(.promote(request)) }

        // One that touches other things passes, and leaves the release as it is.
        let staged = try #require(try fixture.staged)
        let first = try #require(try await reader.state(at: 1, from: state))
        try await control.submit(.rollback(RollbackRequest(number: 1, content: first, pilots: true)))
        #expect(try fixture.answer("other", "ann") == "off")
        #expect(try fixture.staged == staged)
        // Nor is it brought elsewhere.
        _ = try await control.committer.createEnvironment("staging", .v2, actor: "test", message: "")
        try await control.submit(
            .promote(
                PromoteRequest(
                    source: "production", content: try fixture.state.committed, keys: [], pilots: true)),
            environment: "staging")
        let staging = try control.published.find("staging").committed
        #expect(!staging.entries.keys.contains { $0.kind == .release || $0.kind == .floor })
        reader.close()
        await control.stop()
    }

    @Test func membershipIsFreeAndItsGroupsStay() async throws {
        let fixture = try await running()
        let control = fixture.control
        try await control.submit(.addMembers(pilot: "staff", ["zoe"]))
        #expect(try fixture.basket("zoe") == "on")
        try await control.submit(.removeMembers(pilot: "staff", ["zoe"]))
        try await control.submit(.editPilot("staff", terms: ["percentage": 1]))
        try await control.submit(.deletePilot("idle"))
        let refused = try #require(await refusal { try await control.submit(.deletePilot("staff")) })
        #expect(refused.kind == .conflict && refused.title == "Pilot group is in use")
        #expect(refused.members["release"] == "summer")
        try await fixture.tell(.rollBack())
        try await control.submit(.deletePilot("staff"))
        await control.stop()
    }

    @Test func aScheduledReleaseKeepsItsGroups() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start(opens: fixture.world.time.wallSeconds + 3_600))
        #expect(await refusal { try await fixture.control.submit(.deletePilot("staff")) }?.kind == .conflict)
        // What it will change is free until it is armed.
        try await fixture.control.submit(.setDefault(flag: "basket", variant: "on"))
        try await fixture.control.submit(.setDefault(flag: "basket", variant: "off"))
        try await fixture.keep()
        #expect(try fixture.release().state == .armed)
        try await expectOwned(fixture) {
            try await fixture.control.submit(.setDefault(flag: "basket", variant: "on"))
        }
        await fixture.control.stop()
    }

    @Test func killsPassAndHoldTheRelease() async throws {
        let fixture = try await running()
        let control = fixture.control
        let killed = try await control.submit(.kill(flag: "basket", variant: nil))
        #expect(killed.published && killed.warnings.contains { $0.message.contains("release \"summer\" is held") })
        // With the release some of them got another answer.
        #expect(!killed.warnings.contains { $0.message.contains("changes no answer") })
        #expect(try fixture.release().state == .held)
        #expect(try fixture.release().history.last?.trigger == .killed)
        #expect(try fixture.basket("ann") == "off" && fixture.answer(ReleaseFixture.checkout, "ann") == "1.1")
        // The kill and the hold are one revision, and the kill goes ahead of everything as ever.
        #expect(control.publishedKills.map(\.flag) == ["basket"])
        #expect(try await fixture.announcements().map(\.kind) == ["held"])
        #expect(try await !fixture.keep())

        let refused = try #require(await refusal { try await fixture.tell(.resume()) })
        #expect(refused.detail.contains("flag \"basket\" is killed"))
        try await control.submit(.unkill(flag: "basket"))
        #expect(try fixture.release().state == .held)
        try await fixture.tell(.resume())
        #expect(try fixture.basket("ann") == "on")
        await control.stop()
    }

    @Test func twoReleasesNeverRunOnOneThing() async throws {
        let fixture = try await running()
        try await fixture.create(
            #"{"name": "autumn", "changes": [{"flag": "basket", "variant": "on"}], "stages": [{"percentage": 1}]}"#)
        let refused = try #require(await refusal { try await fixture.tell(.start(), "autumn") })
        #expect(refused.kind == .conflict && refused.detail.contains("summer"))
        try await fixture.tell(.rollBack())
        try await fixture.tell(.start(), "autumn")
        #expect(try fixture.state.owner(of: "basket")?.name == "autumn")
        #expect(try fixture.state.owner(of: ReleaseFixture.checkout) == nil)
        await fixture.control.stop()
    }

    @Test func aDeletedFlagTakesItsFloorAlong() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(ReleaseFixture.plan(requires: #""everywhere: checkout >= 1.1""#))
        try await fixture.tell(.start())
        try await fixture.tell(.launch(early: true))
        let floor = EntryKey(.floor, "basket")
        #expect(try fixture.state.committed.entries[floor] != nil)
        let deleted = try await fixture.control.submit(.deleteFlag("basket"))
        #expect(deleted.diff.map(\.kind) == ["flag", "floor"])
        #expect(try fixture.state.committed.entries[floor] == nil)
        await fixture.control.stop()
    }
}
