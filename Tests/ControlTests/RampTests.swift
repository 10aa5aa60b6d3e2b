import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// Ramps: what becomes of a flag's rollout, and what is refused.
@Suite struct RampTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    private static let now: Int64 = 1_800_000_000

    private func ramp(
        _ percentage: String, variant: String? = nil, off: String? = nil, pilots: [String]? = nil,
        exclude: [String]? = nil, bucketBy: String? = nil, salt: String? = nil, over: Int64? = nil,
        at time: Int64 = now
    ) throws -> RampRequest {
        RampRequest(
            variant: variant, percentage: try #require(Percentage(percentage)), offVariant: off, pilots: pilots,
            exclude: exclude, bucketBy: bucketBy, salt: salt, overSeconds: over, time: time)
    }

    private func stored(_ fixture: ControlFixture, _ key: String = "a") throws -> JSONValue {
        StoredFlag.json(try #require(try fixture.production.committed.bytes(of: EntryKey(.flag, key))))
    }

    @Test func theFirstOneMakesTheRolloutAndTheOffVariantAndLaterOnesKeepWhatIsNotSaid() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Sample.flag("a"), pilots: #""early": {"members": ["ann"]}"#))
        let unnamed = try #require(await refusal { try await fixture.submit(.ramp(flag: "a", try ramp("5"))) })
        #expect(unnamed.detail == #"flag "a" has no rollout yet, and no variant is named"#)
        #expect(unnamed.hint == "name the variant that users are to get, one of off, on")

        let first = try await fixture.submit(
            .ramp(
                flag: "a",
                try ramp(
                    "5", variant: "on", pilots: ["early"], exclude: ["bob"], bucketBy: "companyId", salt: "spring")))
        #expect(
            first.diff.map(\.detail) == [
                "offVariant: none → off; rollout: 5 % of on, pilots early, without bob, by companyId, salt spring"
            ])
        #expect(try stored(fixture)["offVariant"] == "off")

        let second = try await fixture.submit(.ramp(flag: "a", try ramp("12.5")))
        #expect(second.diff.map(\.detail) == ["rollout: 5 % → 12.5 %"])
        #expect(
            try stored(fixture)["rollout"] == [
                "variant": "on", "percentage": 12.5, "pilots": ["early"], "exclude": ["users": ["bob"]],
                "bucketBy": "companyId", "salt": "spring",
            ])
        #expect(try await !fixture.submit(.ramp(flag: "a", try ramp("12.5"))).published)

        let bare = try await fixture.submit(
            .ramp(flag: "a", try ramp("12.5", off: "on", pilots: [], exclude: [], bucketBy: "", salt: "")))
        #expect(try stored(fixture)["rollout"] == ["variant": "on", "percentage": 12.5])
        #expect(
            bare.diff.map(\.detail) == [
                "offVariant: off → on; rollout: pilots −early, without −bob, by companyId → targetingKey, "
                    + "salt spring → the flag's key"
            ])
        // A launch moves the default variant; what a kill serves stays.
        try await fixture.submit(.setDefault(flag: "a", variant: "on"))
        let useless = try await fixture.submit(.ramp(flag: "a", try ramp("20")))
        #expect(
            useless.warnings.map(\.message) == [
                "serves on by default already: the rollout changes nobody's answer"
            ])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aNameThatIsAGroupExcludesTheGroupUnlessSaidOtherwise() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(
            Sample.document(Sample.flag("a"), pilots: #""staff": {"members": []}, "ann": {"members": []}"#))
        let outcome = try await fixture.submit(
            .ramp(flag: "a", try ramp("5", variant: "on", exclude: ["staff", "bob", "user:ann", "pilot:ann"])))
        #expect(
            try stored(fixture)["rollout"]?["exclude"] == ["users": ["bob", "ann"], "pilots": ["staff", "ann"]])
        #expect(outcome.diff.first?.detail.hasSuffix("without bob, ann, without pilots staff, ann") == true)
        #expect(try fixture.production.references.flags(using: "staff") == ["a"])

        let unknown = try #require(
            await refusal { try await fixture.submit(.ramp(flag: "a", try ramp("5", exclude: ["pilot:stuff"]))) })
        #expect(unknown.title == "Ramp refused")
        #expect(unknown.problems.map(\.pointer) == ["/rollout/exclude/pilots/0"])
        #expect(unknown.problems.map(\.message) == [#"there is no pilot group "stuff""#])
        let both = try #require(
            await refusal {
                try await fixture.submit(.ramp(flag: "a", try ramp("5", pilots: ["staff"], exclude: ["staff"])))
            })
        #expect(both.problems.map(\.message) == [#"the pilot group "staff" is both taken in and excluded"#])

        // What a rollout names can't be deleted.
        let used = try #require(await refusal { try await fixture.submit(.deletePilot("staff")) })
        #expect(used.detail == #"1 flag refers to "staff": a"#)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aTimeRampGoesFromTheShareOfTheMoment() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Sample.flag("a")))
        let first = try await fixture.submit(.ramp(flag: "a", try ramp("100", variant: "on", over: 1_000)))
        #expect(
            try stored(fixture)["rollout"]?["ramp"]
                == ["from": 0, "to": 100, "start": .integer(Self.now), "end": .integer(Self.now + 1_000)])
        #expect(
            first.diff.first?.detail.hasSuffix("rollout: 0 % to 100 % of on until 2027-01-15T08:16:40Z") == true,
            "\(first.diff)")
        // Half-way through, another one goes on from there.
        try await fixture.submit(.ramp(flag: "a", try ramp("80", over: 60, at: Self.now + 500)))
        #expect(try stored(fixture)["rollout"]?["ramp"]?["from"] == 50)
        // And one that holds it stops where it is told.
        try await fixture.submit(.ramp(flag: "a", try ramp("30", at: Self.now + 510)))
        #expect(try stored(fixture)["rollout"] == ["variant": "on", "percentage": 30])
        // From where it is to where it is nothing moves.
        try await fixture.submit(.ramp(flag: "a", try ramp("30", over: 100, at: Self.now + 520)))
        #expect(try stored(fixture)["rollout"] == ["variant": "on", "percentage": 30])
        for length: Int64 in [0, .max] {
            let refused = try #require(
                await refusal { try await fixture.submit(.ramp(flag: "a", try ramp("90", over: length))) })
            #expect(refused.detail == "a ramp can't take \(length) seconds")
        }
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func targetingThatAnswersFirstIsNamedAndTargetingThatAlwaysAnswersIsRefused() async throws {
        let (directory, fixture) = try fixture()
        let some = #"{"if": [{"==": [{"var": "plan"}, "gold"]}, "off", null]}"#
        let all = #"{"if": [{"==": [{"var": "plan"}, "gold"]}, "off", "on"]}"#
        try await fixture.apply(Sample.document(Sample.flag("a", targeting: some), Sample.flag("b", targeting: all)))
        let outcome = try await fixture.submit(.ramp(flag: "a", try ramp("5", variant: "on")))
        #expect(outcome.diff.first?.detail.hasSuffix("targeting decides first at /targeting/if/1") == true)
        let refused = try #require(
            await refusal { try await fixture.submit(.ramp(flag: "b", try ramp("5", variant: "on"))) })
        #expect(refused.kind == .invalid)
        #expect(refused.problems.map(\.pointer) == ["/rollout"])
        #expect(refused.problems.first?.message.contains("/targeting/if/1 and 1 more answers first") == true)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func whatReachesNobodyNowSaysSoAndUnknownVariantsAreRefused() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Sample.flag("a")))
        for request in [try ramp("5", variant: "onn"), try ramp("5", variant: "on", off: "onn")] {
            let refused = try #require(await refusal { try await fixture.submit(.ramp(flag: "a", request)) })
            #expect(refused.title == "No such variant")
        }
        #expect(await refusal { try await fixture.submit(.ramp(flag: "b", try ramp("5"))) }?.kind == .unknown)
        try await fixture.submit(.kill(flag: "a", variant: "on"))
        try await fixture.submit(.setState(flag: "a", enabled: false))
        let outcome = try await fixture.submit(.ramp(flag: "a", try ramp("5", variant: "on")))
        #expect(outcome.published)
        #expect(
            outcome.warnings.map(\.message) == [
                "is disabled: the ramp reaches nobody until it is enabled",
                "is killed: everyone gets on until it is unkilled",
            ])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// A flag that was applied leniently can be ramped like any other.
    @Test func whatWasLetThroughBeforeIsNoReasonToRefuse() async throws {
        let (directory, fixture) = try fixture()
        let odd = #"{"if": [{"in_pilot": "nobody-knows"}, "on", null]}"#
        try await fixture.apply(Sample.document(Sample.flag("a", targeting: odd)), lenient: true)
        #expect(try await fixture.submit(.ramp(flag: "a", try ramp("5", variant: "on"))).published)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func anApplyThatTakesARolloutAwayDoesAndWarns() async throws {
        let (directory, fixture) = try fixture()
        let text = "{\"flags\": {\n  \(Sample.flag("a"))}}"
        try await fixture.apply(text)
        try await fixture.submit(.ramp(flag: "a", try ramp("5", variant: "on")))
        let outcome = try await fixture.apply(text)
        #expect(outcome.published)
        #expect(outcome.diff.map(\.detail) == ["rollout removed (5 % of on)"])
        // What a kill serves is not lost with it.
        #expect(try stored(fixture)["offVariant"] == "off")
        #expect(outcome.warnings.map(\.pointer) == ["/flags/a"])
        #expect(
            outcome.warnings.map(\.message) == [
                "the document has no rollout: the one that the flag has is taken away"
            ])
        // A document that has one decides what it is.
        let own = #"{"flags": {"a": {"state": "ENABLED", "variants": {"on": true, "off": false}, "#
        let rollout = #""rollout": {"variant": "on", "percentage": 7}}}}"#
        #expect(try await fixture.apply(own + rollout).warnings.isEmpty)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
