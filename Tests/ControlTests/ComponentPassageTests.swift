import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// Components from one state to another: promotions, roll backs and kills.
@Suite struct ComponentPassageTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    @Test func promotionsTakeComponentsAlong() async throws {
        let (directory, fixture) = try fixture()
        _ = try await fixture.committer.createEnvironment("staging", .v2, actor: "test", message: "")
        try await fixture.apply(
            ComponentSample.document(
                ComponentSample.component(#""split": {"1.1": 25}, "pilots": [{"pilot": "early", "version": "1.1"}]"#),
                flags: ComponentSample.dependent() + ", " + Sample.flag("checkout"), pilots: ComponentSample.early))
        try await fixture.submit(.kill(flag: ComponentSample.flagKey, variant: "1.1"))
        let content = try fixture.production.committed
        func promote(_ keys: [String], pilots: Bool = false) async throws -> ChangeOutcome {
            try await fixture.submit(
                .promote(PromoteRequest(source: "production", content: content, keys: keys, pilots: pilots)),
                environment: "staging")
        }
        let unknown = try #require(await refusal { try await promote(["component:chekout"]) })
        #expect(
            unknown.problems.map(\.message) == [
                #"there is no flag, no component and no pilot group "component:chekout""#
            ])
        let lacking = try #require(await refusal { try await promote(["component:checkout"]) })
        #expect(
            lacking.problems.map { "\($0.pointer): \($0.message)" } == [
                #"/components/checkout: component "checkout" refers to the pilot group "early", which staging doesn't have"#
            ])
        let alone = try #require(await refusal { try await promote(["coupons"]) })
        #expect(
            alone.problems.map(\.message) == [#"there is no component "checkout" to require"#])
        // A name that both have is the flag's.
        #expect(try await promote(["checkout"]).diff.map(\.kind) == ["flag"])
        let one = try await promote(["component:checkout"], pilots: true)
        #expect(one.diff.map { "\($0.kind) \($0.key)" } == ["pilot early", "component checkout"])
        let all = try await promote([])
        #expect(all.diff.map { "\($0.kind) \($0.key)" } == ["flag coupons"])
        let staging = try fixture.published.find("staging").committed
        #expect(staging.bytes(of: ComponentSample.key) == content.bytes(of: ComponentSample.key))
        #expect(staging.entries[EntryKey(.kill, ComponentSample.flagKey)] == nil)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aRollBackBringsComponentsBackAndLiftsNoKill() async throws {
        let (directory, fixture) = try fixture()
        let reader = try StoreReader(path: fixture.store.path)
        func back(to number: UInt64) async throws -> ChangeOutcome {
            let content = try #require(try await reader.state(at: number, from: try fixture.production))
            return try await fixture.submit(.rollback(RollbackRequest(number: number, content: content, pilots: false)))
        }
        try await fixture.apply(ComponentSample.document(ComponentSample.component(versions: #""1.0": {}"#)))
        let first = try fixture.production.committed.digest
        try await fixture.apply(ComponentSample.document(ComponentSample.component(#""split": {"1.1": 50}"#)))
        try await fixture.submit(.kill(flag: ComponentSample.flagKey, variant: "1.1"))
        let killed = try #require(await refusal { try await back(to: 1) })
        #expect(
            killed.problems.map { "\($0.pointer): \($0.message)" } == [
                #"/components/checkout/versions: component "checkout" is killed and serves "1.1", which would be gone"#
            ])
        let new = try #require(await refusal { try await back(to: 0) })
        #expect(
            new.problems.map(\.message) == [#"component "checkout" is killed, and wasn't there yet at revision 0"#])
        #expect(new.problems.first?.hint?.contains("pilotlight component delete checkout") == true)
        try await fixture.submit(.kill(flag: ComponentSample.flagKey, variant: "1.0"))
        let done = try await back(to: 1)
        #expect(
            done.diff.map(\.detail) == ["versions: −1.1, 1.0: blue → none; split removed (1.1 50 %)"])
        #expect(try fixture.production.committed.entries[EntryKey(.kill, ComponentSample.flagKey)] != nil)
        try await fixture.submit(.unkill(flag: ComponentSample.flagKey))
        #expect(try fixture.production.committed.digest == first)
        #expect(try await back(to: 0).diff.map(\.detail) == ["component removed"])
        reader.close()
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// The copy that overtakes everything names the component by the key that agents decide it under.
    @Test func killsAreSentAheadAsThoseOfFlags() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(ComponentSample.document(ComponentSample.component(#""split": {"1.1": 100}"#)))
        try await fixture.submit(.kill(flag: ComponentSample.flagKey, variant: nil))
        let kill = try #require(StoredFlag.kill(of: ComponentSample.flagKey, in: try fixture.production.committed))
        #expect(kill == Kill(variant: "1.0", value: "1.0"))
        let sent = fixture.publishedKills
        #expect(sent.map(\.flag) == [ComponentSample.flagKey] && sent.map(\.kill) == [kill])
        #expect(Set(try fixture.versions(of: ["ann", "bob"])) == ["1.0"])
        // Whatever else changes, it stays.
        try await fixture.edit(ComponentEdit(defaultVersion: "1.1"))
        #expect(Set(try fixture.versions(of: ["ann", "bob"])) == ["1.0"])
        let gone = try #require(
            await refusal {
                try await fixture.submit(.retireVersion(component: "checkout", version: "1.0"))
            })
        #expect(gone.detail == #"component "checkout" is killed and serves "1.0", which would be retired"#)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
