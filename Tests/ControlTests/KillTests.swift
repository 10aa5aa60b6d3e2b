import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// Kills: what they serve, what they are said to do, and that nothing but an unkill or a deletion ends one.
@Suite struct KillTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    private static let forStaff = #"{"if": [{"in_pilot": "staff"}, "on", null]}"#
    private static let staff = #""staff": {"members": ["ann"]}"#

    private static func three(_ key: String, _ more: String = "") -> String {
        #""\#(key)": {"state": "ENABLED", "variants": {"on": 1, "off": 0, "calm": 2}\#(more)}"#
    }

    /// Serves what a lookup would be given, and the reason.
    private func answer(_ fixture: ControlFixture, _ flag: String, _ user: String = "ann") throws -> String {
        var quarantine = Quarantine()
        let set = FlagSet.compiled(from: try fixture.production.committed, quarantine: &quarantine)
        let answer = set.evaluate(flag, context: EvaluationContext(targetingKey: user), unixSeconds: 1)
        return "\(answer.variant ?? "none") \(answer.reason.rawValue)"
    }

    @Test func itServesTheNamedVariantElseTheOffVariantElseTheDefault() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(
            Sample.document(
                Self.three("a", #", "defaultVariant": "on", "offVariant": "off""#),
                Self.three("b", #", "defaultVariant": "calm", "targeting": {"if": [true, "on"]}"#), Self.three("c")))
        let off = try await fixture.submit(.kill(flag: "a", variant: nil))
        #expect(off.published && off.warnings.isEmpty)
        #expect(
            off.diff.map { "\($0.operation) \($0.kind) \($0.key): \($0.detail)" } == ["add kill a: killed, serves off"])
        #expect(off.diff.first?.after == ["variant": "off", "value": 0])
        try await fixture.submit(.kill(flag: "b", variant: nil))
        #expect(try answer(fixture, "a") == "off STATIC")
        #expect(try answer(fixture, "b") == "calm STATIC")

        let nothing = try #require(await refusal { try await fixture.submit(.kill(flag: "c", variant: nil)) })
        #expect(nothing.kind == .invalid)
        #expect(nothing.detail == #"flag "c" has neither an off variant nor a default variant"#)
        #expect(nothing.hint == "name what it shall serve with --to VARIANT, one of calm, off, on")
        let unknown = try #require(await refusal { try await fixture.submit(.kill(flag: "c", variant: "cal")) })
        #expect(unknown.title == "No such variant")
        #expect(unknown.hint == #"did you mean "calm"?"#)
        #expect(await refusal { try await fixture.submit(.kill(flag: "d", variant: nil)) }?.kind == .unknown)
        try await fixture.submit(.kill(flag: "c", variant: "calm"))
        #expect(try answer(fixture, "c") == "calm STATIC")
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func whatIsSoAlreadyMakesNoRevisionAndSaysSo() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Sample.flag("a", targeting: #"{"if": [true, "on"]}"#)))
        let early = try await fixture.submit(.unkill(flag: "a"))
        #expect(!early.published)
        #expect(early.warnings.map(\.description) == [#"flag "a": isn't killed"#])
        #expect(await refusal { try await fixture.submit(.unkill(flag: "b")) }?.kind == .unknown)

        try await fixture.submit(.kill(flag: "a", variant: nil))
        let again = try await fixture.submit(.kill(flag: "a", variant: "off"))
        #expect(!again.published && again.diff.isEmpty)
        #expect(again.revision.number == 2)
        #expect(again.warnings.map(\.description) == [#"flag "a": is killed already, and serves off"#])

        let other = try await fixture.submit(.kill(flag: "a", variant: "on"))
        #expect(other.published && other.warnings.isEmpty)
        #expect(other.diff.map { "\($0.operation) \($0.detail)" } == ["change killed, serves on"])
        #expect(other.diff.first?.before == ["variant": "off", "value": false])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aKillThatChangesNoAnswerIsPublishedAndSaysSo() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(
            Sample.document(Sample.flag("a"), Sample.flag("b", targeting: #"{"if": [true, "on"]}"#)))
        let unruled = try await fixture.submit(.kill(flag: "a", variant: nil))
        #expect(unruled.published)
        #expect(
            unruled.warnings.map(\.message) == ["gives everyone off already: the kill changes no answer now"])
        try await fixture.submit(.setState(flag: "b", enabled: false))
        let disabled = try await fixture.submit(.kill(flag: "b", variant: nil))
        #expect(disabled.published)
        #expect(disabled.warnings.first?.message.hasPrefix("is disabled: the kill changes no answer now") == true)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// The entries are exactly those of before: the digest says so.
    @Test func anUnkillRestoresTheStateToTheDigest() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(
            Sample.document(Sample.flag("a", targeting: Self.forStaff), Sample.flag("b"), pilots: Self.staff))
        let before = try fixture.production.committed
        try await fixture.submit(.kill(flag: "a", variant: "on"))
        #expect(try fixture.production.committed.digest != before.digest)
        let lifted = try await fixture.submit(.unkill(flag: "a"))
        #expect(lifted.diff.map { "\($0.operation) \($0.kind): \($0.detail)" } == ["remove kill: no longer killed"])
        #expect(try fixture.production.committed.digest == before.digest)
        #expect(try fixture.production.committed.entries.keys.sorted() == before.entries.keys.sorted())
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func neitherApplyNorRollBackNorPromotionLiftsIt() async throws {
        let (directory, fixture) = try fixture()
        let reader = try StoreReader(path: fixture.store.path)
        _ = try await fixture.committer.createEnvironment("staging", .v2, actor: "test", message: "")
        let text = Sample.document(
            Sample.flag("a", default: "on", targeting: Self.forStaff), pilots: Self.staff)
        try await fixture.apply(text)
        let kill = EntryKey(.kill, "a")
        try await fixture.submit(.kill(flag: "a", variant: "off"))
        let bytes = try #require(try fixture.production.committed.bytes(of: kill))

        #expect(try await !fixture.apply(text).published)
        try await fixture.apply(Sample.document(Sample.flag("a", default: "off")), set: "mine", prune: true)
        let content = try #require(try await reader.state(at: 1, from: try fixture.production))
        let back = try await fixture.submit(.rollback(RollbackRequest(number: 1, content: content, pilots: true)))
        #expect(back.diff.map(\.kind) == ["flag"])
        #expect(try fixture.production.committed.bytes(of: kill) == bytes)

        // It goes nowhere by itself either.
        let state = try fixture.production.committed
        try await fixture.submit(
            .promote(PromoteRequest(source: "production", content: state, keys: [], pilots: true)),
            environment: "staging")
        let staging = try fixture.published.find("staging").committed
        #expect(staging.bytes(of: EntryKey(.flag, "a")) != nil && staging.bytes(of: kill) == nil)
        try await fixture.submit(
            .promote(PromoteRequest(source: "staging", content: staging, keys: ["a"], pilots: false)))
        #expect(try fixture.production.committed.bytes(of: kill) == bytes)
        #expect(try answer(fixture, "a") == "off STATIC")

        // Nor does a restart.
        reader.close()
        await fixture.stop()
        let again = try ControlFixture(directory.path)
        #expect(try again.production.committed.bytes(of: kill) == bytes)
        #expect(try answer(again, "a") == "off STATIC")
        await again.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func theVariantThatItServesCannotBeTakenAway() async throws {
        let (directory, fixture) = try fixture()
        let reader = try StoreReader(path: fixture.store.path)
        _ = try await fixture.committer.createEnvironment("staging", .v2, actor: "test", message: "")
        let two = #""a": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "off"}"#
        try await fixture.apply(Sample.document(two))
        try await fixture.apply(Sample.document(Self.three("a", #", "defaultVariant": "off""#)))
        try await fixture.submit(.kill(flag: "a", variant: "calm"))

        let message = #"flag "a" is killed and serves "calm", which would be gone"#
        let applied = try #require(
            await refusal { try await fixture.apply("{\n  \"flags\": {\n    \(two)}}") })
        #expect(applied.kind == .invalid)
        #expect(applied.problems.map(\.message) == [message])
        #expect(applied.problems.map(\.pointer) == ["/flags/a/variants"])
        #expect(applied.problems.first?.hint == "keep the variant, or unkill the flag first")
        let content = try #require(try await reader.state(at: 1, from: try fixture.production))
        let back = try #require(
            await refusal {
                try await fixture.submit(.rollback(RollbackRequest(number: 1, content: content, pilots: false)))
            })
        #expect(back.kind == .conflict && back.problems.map(\.message) == [message])
        let promoted = try #require(
            await refusal {
                try await fixture.submit(
                    .promote(PromoteRequest(source: "staging", content: content, keys: [], pilots: false)))
            })
        #expect(promoted.kind == .conflict && promoted.problems.map(\.message) == [message])

        try await fixture.submit(.unkill(flag: "a"))
        try await fixture.apply(Sample.document(two))
        reader.close()
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func deletingAFlagDeletesItsKillInTheSameRevision() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Sample.flag("a")), set: "mine")
        try await fixture.apply(Sample.document(Sample.flag("b")))
        let digest = try fixture.production.committed.digest
        try await fixture.submit(.kill(flag: "a", variant: "on"))
        try await fixture.submit(.kill(flag: "b", variant: "on"))
        let deleted = try await fixture.submit(.deleteFlag("b"))
        #expect(deleted.diff.map { "\($0.kind) \($0.detail)" } == ["flag flag removed", "kill no longer killed"])
        let pruned = try await fixture.apply(
            Sample.document(Sample.flag("c")), set: "mine", prune: true, confirmPrune: true)
        #expect(
            pruned.diff.map { "\($0.operation) \($0.kind) \($0.key)" } == [
                "add flag c", "remove flag a", "remove kill a",
            ])
        #expect(try fixture.production.committed.entries.keys.map(\.kind).contains(.kill) == false)
        // Flags of the same names are other flags.
        try await fixture.submit(.deleteFlag("c"))
        try await fixture.apply(Sample.document(Sample.flag("a"), Sample.flag("b")))
        #expect(try fixture.production.committed.digest == digest)
        #expect(try answer(fixture, "a") == "off STATIC" && answer(fixture, "b") == "off STATIC")
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// It would come back without its kill.
    @Test func aRollBackDeletesNoKilledFlag() async throws {
        let (directory, fixture) = try fixture()
        let reader = try StoreReader(path: fixture.store.path)
        try await fixture.apply(Sample.document(Sample.flag("a")))
        try await fixture.apply(Sample.document(Sample.flag("b")))
        try await fixture.submit(.kill(flag: "b", variant: "on"))
        func back() async throws -> ChangeOutcome {
            let content = try #require(try await reader.state(at: 1, from: try fixture.production))
            return try await fixture.submit(.rollback(RollbackRequest(number: 1, content: content, pilots: false)))
        }
        let refused = try #require(await refusal { try await back() })
        #expect(refused.problems.map(\.message) == [#"flag "b" is killed, and wasn't there yet at revision 1"#])
        #expect(refused.problems.first?.hint?.contains("pilotlight flag delete b") == true)
        try await fixture.submit(.deleteFlag("b"))
        #expect(try await !back().published)
        reader.close()
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
