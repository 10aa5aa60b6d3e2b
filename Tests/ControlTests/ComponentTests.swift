import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// Components in documents, and what holds them.
@Suite struct ComponentTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    // MARK: Documents

    @Test func aDocumentIsAppliedExportedAndAppliedAgainWithoutAChange() async throws {
        let (directory, fixture) = try fixture()
        let made = try await fixture.apply(
            ComponentSample.document(
                ComponentSample.component(
                    #""split": {"1.1": 10}, "pilots": [{"pilot": "early", "version": "1.1"}], "description": "Shop", "#
                        + #""rollout": {"variant": "1.1", "percentage": 1}"#),
                pilots: ComponentSample.early))
        #expect(
            made.diff.map { "\($0.operation) \($0.kind) \($0.key): \($0.detail)" } == [
                "add component checkout: versions: 1.0 (blue), 1.1 (green); defaultVersion: 1.0; pilots: early=1.1; "
                    + "split: 1.1 10 %; rollout: 1 % of 1.1",
                "add pilot early: 1 member: ann",
            ])
        // Stored is the list, whatever the document gave.
        #expect(try fixture.checkout.split?.shares.map(\.version) == ["1.1"])
        let exported = StoredFlag.json(try #require(try fixture.production.committed.bytes(of: ComponentSample.key)))
        #expect(exported["split"]?.arrayValue != nil)
        let again = JSONValue.object(["components": .object(["checkout": exported])]).compactText()
        #expect(try await !fixture.apply(again).published)
        // The same percentages find the same slots.
        let percent = ComponentSample.document(
            ComponentSample.component(
                #""split": {"1.1": 10}, "pilots": [{"pilot": "early", "version": "1.1"}], "description": "Shop", "#
                    + #""rollout": {"variant": "1.1", "percentage": 1}"#))
        #expect(try await !fixture.apply(percent).published)
        // A list is taken as it stands.
        let list = try await fixture.apply(
            ComponentSample.document(ComponentSample.component(#""split": [["1.1", 1000], [null, 9000]]"#)))
        #expect(try fixture.checkout.split?.runs == [.init("1.1", 1_000), .init(nil, 9_000)])
        #expect(
            list.diff.map(\.detail) == [
                "pilots: −early=1.1; split: other slots; rollout removed (1 % of 1.1); description removed"
            ])
        #expect(
            list.warnings.map(\.description) == [
                "flags.json: /components/checkout: the document has no pilots: those that the component has are taken "
                    + "away; to keep it, put what `pilotlight export` shows into the document",
                "flags.json: /components/checkout: the document has no rollout: the one that the component has is "
                    + "taken away; to keep it, put what `pilotlight export` shows into the document",
            ])
        let bare = try await fixture.apply(ComponentSample.document(ComponentSample.component()))
        #expect(
            bare.warnings.map(\.message) == ["the document has no split: the one that the component has is taken away"])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func problemsHaveTheirPlaceAndOneComponentStandsInOneDocument() async throws {
        let (directory, fixture) = try fixture()
        let refused = try #require(
            await refusal {
                try await fixture.apply(
                    ComponentSample.document(
                        ComponentSample.component(#""pilots": [{"pilot": "earl", "version": "1.2"}]"#)))
            })
        #expect(
            refused.problems.map(\.description) == [
                #"flags.json:2:152: /components/checkout/pilots/0/version: "1.2" is none of the component's versions; "#
                    + #"did you mean "1.0"?"#,
                #"flags.json:2:133: /components/checkout/pilots/0/pilot: there is no pilot group "earl"; create it first "#
                    + #"(pilotlight pilot create earl), or list it under "pilots""#,
            ])
        let text = Array(ComponentSample.document(ComponentSample.component()).utf8)
        let twice = ReadDocuments(
            [SourceDocument(name: "a.json", bytes: text), SourceDocument(name: "b.json", bytes: text)], lenient: false
        ) { _ in false }
        #expect(
            twice.problems.map(\.description) == [
                #"b.json:2:13: /components/checkout: component "checkout" is defined in a.json as well as in b.json; "#
                    + "keep it in one of the two"
            ])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// Retired versions may stand in documents: what names them gives the default version.
    @Test func aDocumentRetiresAVersionAndOnlyItsUsersMove() async throws {
        let (directory, fixture) = try fixture()
        let users = (0..<2_000).map { "user-\($0)" }
        try await fixture.apply(
            ComponentSample.document(ComponentSample.component(#""split": {"1.0": 70, "1.1": 30}"#)))
        let before = try fixture.versions(of: users)
        let retired = #""1.0": {}, "1.1": {"state": "RETIRED"}"#
        let outcome = try await fixture.apply(
            ComponentSample.document(ComponentSample.component(#""split": {"1.0": 70, "1.1": 30}"#, versions: retired)))
        #expect(outcome.diff.map(\.detail) == ["versions: 1.0: blue → none, 1.1 retired, 1.1: green → none"])
        #expect(outcome.warnings.map(\.pointer) == ["/components/checkout/split/1.1"])
        let after = try fixture.versions(of: users)
        #expect(zip(before, after).allSatisfy { $0 == "1.1" ? $1 == "1.0" : $0 == $1 })
        try await fixture.submit(.putVersion(component: "checkout", version: ComponentVersion("1.1")))
        #expect(try fixture.versions(of: users) == before)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    // MARK: References

    @Test func whatAComponentRefersToStays() async throws {
        let (directory, fixture) = try fixture()
        let flag = Sample.flag("a", targeting: #"{"if": [{"in_pilot": "early"}, "on", null]}"#)
        try await fixture.apply(
            ComponentSample.document(
                ComponentSample.component(#""pilots": [{"pilot": "early", "version": "1.1"}]"#), flags: flag,
                pilots: ComponentSample.early + #", "staff": {"members": []}"#), set: "mine")
        try await fixture.submit(
            .ramp(
                flag: ComponentSample.flagKey,
                RampRequest(variant: "1.1", percentage: .none, exclude: ["staff"], time: 1)))
        let both = try #require(await refusal { try await fixture.submit(.deletePilot("early")) })
        #expect(both.detail == #"1 flag and 1 component refer to "early": a, checkout"#)
        #expect(both.hint == "change or delete these flags and components first")
        #expect(both.members["flags"] == ["a"] && both.members["components"] == ["checkout"])
        let one = try #require(await refusal { try await fixture.submit(.deletePilot("staff")) })
        #expect(one.detail == #"1 component refers to "staff": checkout"#)
        // Known again after a restart.
        await fixture.stop()
        let again = try ControlFixture(directory.path)
        #expect(await refusal { try await again.submit(.deletePilot("staff")) }?.detail == one.detail)
        // A prune says so too, and with the component it may go.
        let pruned = try #require(
            await refusal {
                try await again.apply(
                    ComponentSample.document(
                        ComponentSample.component(#""pilots": [{"pilot": "early", "version": "1.1"}]"#)), set: "mine",
                    prune: true)
            })
        #expect(
            pruned.problems.map(\.message) == [#"pilot group "early" can't be pruned: checkout refers to it"#])
        try await again.submit(.kill(flag: ComponentSample.flagKey, variant: nil))
        let all = try await again.apply(
            ComponentSample.document(flags: Sample.flag("b")), set: "mine", prune: true, confirmPrune: true)
        #expect(
            all.diff.map { "\($0.operation) \($0.kind) \($0.key)" } == [
                "add flag b", "remove flag a", "remove pilot early", "remove pilot staff", "remove component checkout",
                "remove component-kill checkout",
            ])
        #expect(try again.production.committed.entryCount == 1)
        await again.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aFlagRequiresAVersion() async throws {
        let (directory, fixture) = try fixture()
        func problems(_ document: String) async -> [String] {
            await refusal { try await fixture.apply(document) }?.problems.map {
                "\($0.pointer): \($0.message); \($0.hint ?? "")"
            } ?? []
        }
        try await fixture.apply(ComponentSample.document(ComponentSample.component()))
        #expect(
            await problems(ComponentSample.document(flags: ComponentSample.dependent(of: "chekout"))) == [
                #"/flags/coupons/prerequisites/0/component: there is no component "chekout" to require; "#
                    + #"did you mean "checkout"?"#
            ])
        #expect(
            await problems(ComponentSample.document(flags: ComponentSample.dependent("1.12"))) == [
                #"/flags/coupons/prerequisites/0/version: component "checkout" has no version "1.12" to require; "#
                    + #"did you mean "1.1"?"#
            ])
        let made = try await fixture.apply(ComponentSample.document(flags: ComponentSample.dependent()))
        #expect(made.diff.first?.detail.hasSuffix("requires: +component checkout=1.1") == true)
        #expect(made.warnings.isEmpty)

        let deleted = try #require(await refusal { try await fixture.submit(.deleteFlag(ComponentSample.flagKey)) })
        #expect(deleted.title == "Component is required")
        #expect(deleted.detail == #"flag "coupons" requires component "checkout""#)
        #expect(
            await problems(ComponentSample.document(ComponentSample.component(versions: #""1.0": {}"#))) == [
                #"/components/checkout/versions: flag "coupons" requires the version "1.1" of component "checkout", "#
                    + #"which would be gone; keep the version, or change the prerequisites of "coupons" first"#
            ])
        // Retiring it is allowed, and said.
        let message =
            #"flag "coupons" requires the version "1.1", which is retired now: everybody gets the flag's "#
            + "default variant"
        let retired = try await fixture.submit(.retireVersion(component: "checkout", version: "1.1"))
        #expect(retired.published)
        #expect(retired.warnings.map(\.message) == [message])
        #expect(try await fixture.submit(.retireVersion(component: "checkout", version: "1.1")).published == false)
        try await fixture.submit(.putVersion(component: "checkout", version: ComponentVersion("1.1")))
        let applied = try await fixture.apply(
            ComponentSample.document(ComponentSample.component(versions: #""1.0": {}, "1.1": {"state": "RETIRED"}"#)))
        #expect(
            applied.warnings.map { "\($0.pointer) \($0.message)" } == ["/components/checkout/versions/1.1 \(message)"])
        let late = try await fixture.apply(
            ComponentSample.document(flags: ComponentSample.dependent().replacing("coupons", with: "points")))
        #expect(
            late.warnings.map { "\($0.pointer): \($0.message)" } == [
                #"/flags/points/prerequisites/0/version: version "1.1" of component "checkout" is retired: everybody gets "#
                    + "the flag's default variant"
            ])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
