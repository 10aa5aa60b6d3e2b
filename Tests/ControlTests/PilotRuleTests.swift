import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// Pilot groups with a rule, a percentage and exclusions.
@Suite struct PilotRuleTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    private static let gold: JSONValue = ["==": [["var": "plan"], "gold"]]

    private func stored(_ fixture: ControlFixture, _ name: String = "beta") throws -> JSONValue {
        StoredFlag.json(try #require(try fixture.production.committed.bytes(of: EntryKey(.pilot, name))))
    }

    @Test func itIsMadeAndEditedPartByPart() async throws {
        let (directory, fixture) = try fixture()
        let made = try await fixture.submit(
            .createPilot("beta", terms: ["rule": Self.gold, "percentage": 5, "exclude": ["bob"]]))
        #expect(made.diff.map(\.detail) == ["rule added; percentage: none → 5 %; exclude: +bob"])
        #expect(made.diff.first?.after == ["rule": Self.gold, "percentage": 5, "exclude": ["bob"], "members": 0])
        try await fixture.submit(.addMembers(pilot: "beta", ["ann"]))
        let raised = try await fixture.submit(
            .editPilot("beta", terms: ["percentage": 10, "exclude": ["bob", "eve"]]))
        #expect(raised.diff.map(\.detail) == ["percentage: 5 % → 10 %; exclude: +eve"])
        #expect(try stored(fixture) == ["rule": Self.gold, "percentage": 10, "exclude": ["bob", "eve"]])
        #expect(try await !fixture.submit(.editPilot("beta", terms: ["percentage": 10])).published)
        let bare = try await fixture.submit(
            .editPilot("beta", terms: ["rule": .null, "percentage": .null, "exclude": .null]))
        #expect(bare.diff.map(\.detail) == ["rule removed; percentage: 10 % → none; exclude: −bob, −eve"])
        #expect(try fixture.production.committed.bytes(of: EntryKey(.pilot, "beta")) == Array("{}".utf8))
        #expect(try fixture.production.committed.pilots["beta"]?.count == 1)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func everyRuleOfDocumentsHolds() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.submit(.createPilot("beta"))
        let wrong: [(JSONObject, String, String)] = [
            (["percentage": 101], "/percentage", "the percentage is 101"),
            (["rule": [:]], "/rule", "the rule is empty"),
            (["exclude": ["a", "a"]], "/exclude/1", #"the member "a" stands twice"#),
            (
                ["rule": ["in_pilot": "beta"]], "/rule",
                #"the rule of a pilot group asks about the pilot group "beta""#
            ),
        ]
        for (terms, pointer, message) in wrong {
            for kind in [ChangeRequest.Kind.createPilot("gamma", terms: terms), .editPilot("beta", terms: terms)] {
                let refused = try #require(await refusal { try await fixture.submit(kind) })
                #expect(refused.title == "Pilot group refused")
                #expect(refused.problems.first?.pointer.hasPrefix(pointer) == true, "\(refused)")
                #expect(refused.problems.map(\.message) == [message])
            }
        }
        #expect(await refusal { try await fixture.submit(.editPilot("bet", terms: [:])) }?.kind == .unknown)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func documentsPromotionsAndRollBacksBringDefinitionAndMembers() async throws {
        let (directory, fixture) = try fixture()
        let reader = try StoreReader(path: fixture.store.path)
        _ = try await fixture.committer.createEnvironment("staging", .v2, actor: "test", message: "")
        let flag = Sample.flag("a", targeting: #"{"if": [{"in_pilot": "beta"}, "on", null]}"#)
        let text = Sample.document(
            flag, pilots: #""beta": {"members": ["ann"], "percentage": 5, "rule": \#(Self.gold.compactText())}"#)
        try await fixture.apply(text)
        #expect(try await !fixture.apply(text).published)
        let first = try fixture.production.committed

        let other = try await fixture.apply(Sample.document(flag, pilots: #""beta": {"percentage": 7}"#))
        #expect(other.diff.map(\.detail) == ["rule removed; percentage: 5 % → 7 %; −1 member: ann"])
        #expect(try stored(fixture) == ["percentage": 7])
        try await fixture.submit(
            .promote(PromoteRequest(source: "production", content: first, keys: ["a"], pilots: true)),
            environment: "staging")
        let staging = try fixture.published.find("staging").committed
        #expect(staging.bytes(of: EntryKey(.pilot, "beta")) == first.bytes(of: EntryKey(.pilot, "beta")))
        #expect(staging.pilots["beta"]?.count == 1)

        let content = try #require(try await reader.state(at: 1, from: try fixture.production))
        let back = try await fixture.submit(.rollback(RollbackRequest(number: 1, content: content, pilots: true)))
        #expect(back.diff.map(\.detail) == ["rule added; percentage: 7 % → 5 %; +1 member: ann"])
        #expect(try fixture.production.committed.digest == first.digest)
        let entry = try #require(try await reader.entry(of: try fixture.production.id, 3))
        #expect(entry.diff == back.diff)
        reader.close()
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
