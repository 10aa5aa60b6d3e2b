import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// Flags that require flags: the state that a change leads to must fit together, whatever the change is.
@Suite struct PrerequisiteTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    private static func flag(_ key: String, requires: [String] = [], variant: String = "on") -> String {
        let list = requires.map { #"{"flag": "\#($0)", "variant": "\#(variant)"}"# }.joined(separator: ", ")
        return #""\#(key)": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "#
            + #""prerequisites": [\#(list)]}"#
    }

    private static func document(_ flags: [String]) -> String { "{\"flags\": {\(flags.joined(separator: ",\n"))}}" }

    /// `pointer: message` of each problem.
    private func problems(_ fixture: ControlFixture, _ flags: String...) async -> [String] {
        let refused = await refusal { try await fixture.apply(Self.document(flags)) }
        #expect(refused?.title == "Documents refused")
        return refused?.problems.map { "\($0.pointer): \($0.message)" } ?? []
    }

    @Test func theFlagAndTheVariantMustBeThere() async throws {
        let (directory, fixture) = try fixture()
        let made = try await fixture.apply(
            Self.document([Self.flag("basket"), Self.flag("checkout", requires: ["basket"])]))
        #expect(made.diff.last?.detail.hasSuffix("; requires: +basket=on") == true)
        #expect(
            await problems(fixture, Self.flag("a", requires: ["baskett"])) == [
                #"/flags/a/prerequisites/0/flag: there is no flag "baskett" to require"#
            ])
        #expect(
            await problems(fixture, Self.flag("a", requires: ["basket"], variant: "onn")) == [
                #"/flags/a/prerequisites/0/variant: flag "basket" has no variant "onn" to require"#
            ])
        let hinted = await refusal { try await fixture.apply(Self.document([Self.flag("a", requires: ["baskett"])])) }
        #expect(hinted?.problems.first?.hint == #"did you mean "basket"?"#)

        // What is required keeps its variant, and stays.
        let other = #""basket": {"state": "ENABLED", "variants": {"yes": true, "off": false}}"#
        #expect(
            await problems(fixture, other) == [
                #"/flags/basket/variants: flag "checkout" requires the variant "on" of "basket", which would be gone"#
            ])
        let deleted = try #require(await refusal { try await fixture.submit(.deleteFlag("basket")) })
        #expect(deleted.kind == .conflict)
        #expect(deleted.detail == #"flag "checkout" requires "basket""#)
        #expect(deleted.members["flags"] == ["checkout"])
        // Both at once is fine.
        try await fixture.apply(
            Self.document([other, Self.flag("checkout", requires: ["basket"], variant: "yes")]))
        try await fixture.apply(Self.document([Self.flag("checkout")]))
        #expect(try await fixture.submit(.deleteFlag("basket")).published)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aPruneLeavesNothingHanging() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Self.document([Self.flag("basket")]), set: "mine")
        try await fixture.apply(Self.document([Self.flag("checkout", requires: ["basket"])]))
        let refused = try #require(
            await refusal { try await fixture.apply(Self.document([Self.flag("c")]), set: "mine", prune: true) })
        #expect(refused.problems.map(\.document) == ["set mine"])
        #expect(
            refused.problems.map(\.message) == [#"flag "basket" would be deleted, and "checkout" requires it"#])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func circlesAreNamed() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(
            Self.document([
                Self.flag("a", requires: ["b"]), Self.flag("b", requires: ["c"]), Self.flag("c"),
                Self.flag("x", requires: ["a"]),
            ]))
        #expect(
            await problems(fixture, Self.flag("c", requires: ["a"])) == [
                #"/flags/c/prerequisites: the prerequisites go round in a circle: "c" requires "a" requires "b" "#
                    + #"requires "c""#
            ])
        #expect(
            await problems(fixture, Self.flag("p", requires: ["q"]), Self.flag("q", requires: ["p"])).count == 1)
        // What the circle was made of is still there, and no circle.
        #expect(try fixture.production.references.flags(requiring: "a") == ["x"])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    private static func chain(_ length: Int, from first: Int = 0) -> [String] {
        (first..<first + length).map { flag("f\($0)", requires: ["f\($0 + 1)"]) }
    }

    @Test func chainsHaveAnEndBeforeAndBehindWhatIsChanged() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Self.document(Self.chain(16) + [Self.flag("f16")]))
        let tooLong = #"the chain of prerequisites is 17 flags long"#
        #expect(
            await problems(fixture, Self.flag("top", requires: ["f0"])) == [
                "/flags/top/prerequisites: \(tooLong); at most 16 are taken"
            ])
        #expect(
            await problems(fixture, Self.flag("f16", requires: ["f17"]), Self.flag("f17")) == [
                "/flags/f16/prerequisites: \(tooLong), which the flag \"f0\" asks through; at most 16 are taken"
            ])
        // A document of thousands in one line comes to an answer, too.
        let refused = await refusal { try await fixture.apply(Self.document(Self.chain(4_000, from: 100))) }
        #expect(
            refused?.problems.map { "\($0.pointer): \($0.message)" } == [
                #"/flags/f4099/prerequisites/0/flag: there is no flag "f4100" to require"#,
                "/flags/f4083/prerequisites: \(tooLong); at most 16 are taken",
            ])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// Flags that each require ten, which each require ten: as many evaluations as there are ways down. What is just let
    /// through is evaluated whole, with every prerequisite met, within what an agent spends on one lookup.
    @Test func oneLookupAsksNoMoreFlagsThanAnAgentCan() async throws {
        let (directory, fixture) = try fixture()
        func names(_ layer: String, _ count: Int) -> [String] { (0..<count).map { "\(layer)\($0)" } }
        try await fixture.apply(
            Self.document(
                names("a", 10).map { Self.flag($0) }
                    + names("b", 10).map { Self.flag($0, requires: names("a", 10), variant: "off") }))
        // Nine times b with its ten, and one a: a hundred, and the flag itself.
        #expect(Prerequisites.mostAsked == 100)
        let most = names("b", 9) + names("a", 1)
        #expect(
            try await fixture.apply(Self.document([Self.flag("top", requires: most, variant: "off")])).published)
        var quarantine = Quarantine()
        let set = FlagSet.compiled(from: try fixture.production.committed, quarantine: &quarantine)
        let answer = set.evaluate("top", context: EvaluationContext(targetingKey: "ann"), unixSeconds: 1)
        #expect(answer.errorCode == nil && answer.variant == "off", "\(answer)")
        #expect(
            await problems(fixture, Self.flag("top", requires: names("b", 9) + names("a", 2), variant: "off")) == [
                "/flags/top/prerequisites: one lookup could have to evaluate 102 flags for the prerequisites; at most "
                    + "101 are taken"
            ])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func promotionsAndRollBacksMustFitWhatIsThere() async throws {
        let (directory, fixture) = try fixture()
        _ = try await fixture.committer.createEnvironment("staging", .v2, actor: "test", message: "")
        try await fixture.apply(Self.document([Self.flag("basket"), Self.flag("checkout", requires: ["basket"])]))
        let content = try fixture.production.committed
        func promote(_ keys: [String]) async throws -> ChangeOutcome {
            try await fixture.submit(
                .promote(PromoteRequest(source: "production", content: content, keys: keys, pilots: false)),
                environment: "staging")
        }
        let refused = try #require(await refusal { try await promote(["checkout"]) })
        #expect(refused.kind == .conflict)
        #expect(
            refused.problems.map(\.description) == [
                #"production: /flags/checkout/prerequisites/0/flag: there is no flag "basket" to require; create it "#
                    + "first, or in the same change"
            ])
        #expect(try await promote(["checkout", "basket"]).published)
        #expect(try fixture.published.find("staging").references.flags(requiring: "basket") == ["checkout"])

        // Known again after a restart.
        await fixture.stop()
        let again = try ControlFixture(directory.path)
        #expect(await refusal { try await again.submit(.deleteFlag("basket")) }?.title == "Flag is required")
        await again.stop()
        withExtendedLifetime(directory) {}
    }
}
