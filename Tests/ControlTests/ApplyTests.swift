import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

@Suite struct ApplyTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    @Test func theDiffSaysWhatChanges() async throws {
        let (directory, fixture) = try fixture()
        let first = try await fixture.apply(Sample.document(Sample.flag("a"), Sample.flag("b")))
        #expect(first.diff.map(\.operation) == [.add, .add])
        let second = try await fixture.apply(
            Sample.document(
                "\"a\": {\"state\": \"DISABLED\", \"variants\": {\"on\": true, \"off\": false}, \"defaultVariant\": \"on\"}",
                pilots: "\"staff\": {\"members\": [\"ann\"]}"))
        #expect(second.diff.map(\.key) == ["a", "staff"])
        #expect(second.diff[0].detail == "state: ENABLED → DISABLED; defaultVariant: off → on")
        #expect(second.diff[0].before?["defaultVariant"] == .string("off"))
        #expect(second.diff[1].detail == "1 member: ann")
        // What the file didn't mention is still there.
        #expect(try fixture.production.committed.bytes(of: EntryKey(.flag, "b")) != nil)
        #expect(second.revision.number == 2)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aReformattedFileIsNoChange() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Sample.flag("a")))
        let again = try await fixture.apply(
            """
            { "flags" : { "a" : { "defaultVariant":"off",
              "variants" : { "off":false, "on":true }, "state":"ENABLED" } } }
            """)
        #expect(!again.published)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aMemberListReplacesTheWholeButTravelsAsTheDifference() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply("{\"pilots\": {\"staff\": {\"members\": [\"ann\", \"bob\", \"eve\"]}}}")
        let outcome = try await fixture.apply("{\"pilots\": {\"staff\": {\"members\": [\"bob\", \"eve\", \"joe\"]}}}")
        #expect(outcome.diff.map(\.detail) == ["+1 member: joe; −1 member: ann"])
        let item = try #require(try fixture.store.load().environments[0].recent.last)
        let delta = try Delta(encoded: item.bytes)
        #expect(
            delta.changes == [.removeMembers(pilot: "staff", ["ann"]), .addMembers(pilot: "staff", ["joe"])])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func pruneDeletesOnlyWhatTheSetCreated() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Sample.flag("by-hand")))
        try await fixture.apply(Sample.document(Sample.flag("other")), set: "other")
        let all = Sample.document(
            Sample.flag("a"), Sample.flag("b"), Sample.flag("by-hand", default: "on"),
            pilots: "\"staff\": {\"members\": [\"ann\"]}")
        try await fixture.apply(all, set: "mine")
        let less = Sample.document(Sample.flag("a"))

        let listed = try await fixture.apply(less, set: "mine")
        #expect(listed.prunable.map(\.name) == ["b", "staff"])
        #expect(!listed.published)

        let waiting = try await fixture.apply(less, set: "mine", prune: true)
        #expect(waiting.needsConfirmation)
        #expect(!waiting.published)
        #expect(try fixture.production.committed.bytes(of: EntryKey(.flag, "b")) != nil)

        let pruned = try await fixture.apply(less, set: "mine", prune: true, confirmPrune: true)
        #expect(pruned.published)
        #expect(pruned.diff.map(\.operation) == [.remove, .remove])
        let left = try fixture.production.committed.entries.keys.map(\.name).sorted()
        #expect(left == ["a", "by-hand", "other"])
        #expect(try fixture.production.committed.memberCount == 0)

        // What was made anew by hand belongs to nobody's set.
        try await fixture.apply(Sample.document(Sample.flag("b")))
        #expect(try await fixture.apply(less, set: "mine", prune: true, confirmPrune: true).prunable == [])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func pruneNeedsASet() async throws {
        let (directory, fixture) = try fixture()
        let refused = await refusal { try await fixture.apply(Sample.document(Sample.flag("a")), prune: true) }
        #expect(refused?.kind == .invalid)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    private static let inStaff = "{\"if\": [{\"in_pilot\": \"staff\"}, \"on\", \"off\"]}"

    @Test func aGroupThatAFlagRefersToIsNeitherDeletedNorPruned() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply("{\"pilots\": {\"staff\": {\"members\": []}}}", set: "mine")
        try await fixture.apply(Sample.document(Sample.flag("a", targeting: Self.inStaff)))
        let refused = try #require(await refusal { try await fixture.submit(.deletePilot("staff")) })
        #expect(refused.kind == .conflict)
        #expect(refused.detail.contains("\"staff\": a"))
        let unpruned = try #require(
            await refusal {
                try await fixture.apply(
                    Sample.document(Sample.flag("c")), set: "mine", prune: true, confirmPrune: true)
            })
        #expect(unpruned.problems.first?.message.contains("can't be pruned: a refers to it") == true)
        try await fixture.apply(Sample.document(Sample.flag("a")))
        #expect(try await fixture.submit(.deletePilot("staff")).published)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// The documents were read while the group was there; it went before they were planned.
    @Test func aGroupThatWentMeanwhileIsAProblem() async throws {
        let (directory, fixture) = try fixture()
        let text = Sample.document(Sample.flag("a", targeting: Self.inStaff))
        let documents = ReadDocuments(
            [SourceDocument(name: "a.json", bytes: Array(text.utf8))], lenient: false, knownPilots: { $0 == "staff" })
        #expect(documents.problems == [])
        let refused = try #require(await refusal { try await fixture.submit(.apply(ApplyRequest(documents))) })
        #expect(refused.problems.map(\.pointer) == ["/flags/a"])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func anUnknownGroupIsRefusedNotMade() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.submit(.createPilot("staff"))
        let refused = try #require(await refusal { try await fixture.submit(.addMembers(pilot: "stuff", ["ann"])) })
        #expect(refused.kind == .unknown)
        #expect(refused.hint == "did you mean \"staff\"?")
        #expect(await refusal { try await fixture.submit(.createPilot("staff")) }?.kind == .conflict)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
