import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// Splits that are moved, and what that means for whom.
@Suite struct ComponentSplitTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    /// Two versions trade with each other while the third one stands still: nobody moves who needn't, and whoever comes back
    /// to the shares of before has the users of before.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func aSplitThatIsMovedThereAndBackGivesTheSamePeople(seed: UInt64) async throws {
        let (directory, fixture) = try fixture()
        var random = SplitMix64(seed: seed)
        let versions = ["1.0", "1.1", "2.0"]
        let users = (0..<1_000).map { "user-\($0)" }
        try await fixture.apply(
            ComponentSample.document(ComponentSample.component(versions: #""1.0": {}, "1.1": {}, "2.0": {}"#)))
        for _ in 0..<10 {
            let still = Int(random.next() % 10_001)
            let trading = 10_000 - still
            let (first, second) = (Int(random.next() % UInt64(trading + 1)), Int(random.next() % UInt64(trading + 1)))
            let order = versions.indices.map { versions[($0 + Int(seed)) % 3] }
            func edit(_ hundredths: Int) throws -> ComponentEdit {
                let amounts = [still, hundredths, trading - hundredths]
                return ComponentEdit(
                    split: try zip(order, amounts).map {
                        VersionSplit.Share($0, try #require(Percentage(hundredths: $1)))
                    })
            }
            try await fixture.edit(ComponentEdit(split: []))
            try await fixture.edit(try edit(first))
            let before = try fixture.versions(of: users)
            let slots = try fixture.checkout.split
            try await fixture.edit(try edit(second))
            let between = try fixture.versions(of: users)
            let (gaining, losing) = second > first ? (order[1], order[2]) : (order[2], order[1])
            for (old, new) in zip(before, between) where old != new {
                #expect(old == losing && new == gaining, "seed \(seed)")
            }
            let back = try await fixture.edit(try edit(first))
            #expect(back.published == (first != second))
            #expect(try fixture.versions(of: users) == before, "seed \(seed): \(first) \(second) of \(trading)")
            #expect(try fixture.checkout.split == slots, "seed \(seed): \(first) \(second) of \(trading)")
        }
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func theBlastRadiusOfASplitIsCountedAlsoForFlagsThatRequireIt() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(
            ComponentSample.document(ComponentSample.component(), flags: ComponentSample.dependent()))
        let users = try #require(try UserList(.array((0..<1_000).map { .string("user-\($0)") })))
        let state = try fixture.production
        let text = ComponentSample.document(ComponentSample.component(#""split": {"1.1": 40}"#))
        let documents = ReadDocuments([SourceDocument(name: "a.json", bytes: Array(text.utf8))], lenient: false) { _ in
            false
        }
        let plan = try ChangePlan.make(.apply(ApplyRequest(documents)), on: state)
        let radius = try BlastRadius(of: plan, on: state, for: users, at: 1)
        let parts = try #require(radius.json["blastRadius"]?.arrayValue)
        #expect(Set(parts.map { $0["component"] ?? $0["flag"] ?? .null }) == ["checkout", "coupons"])
        #expect(parts[0]["changed"] == parts[1]["changed"])
        #expect(radius.json["usersTouched"] == parts[0]["changed"])
        #expect(!JSONValue.object(radius.json).compactText().contains("u0001"))
        try await fixture.apply(text)
        let after = try fixture.versions(of: users.keys)
        #expect(parts[0]["changed"] == .integer(Int64(after.count { $0 == "1.1" })))
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
