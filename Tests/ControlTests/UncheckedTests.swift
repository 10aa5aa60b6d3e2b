import Flags
import Harness
import JSON
import Releases
import Replication
import Testing

@testable import Control

/// Users are given no version that isn't known to work, unless whoever asks says so.
@Suite struct UncheckedTests {
    private func fixture() async throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        try await fixture.apply(
            ComponentSample.document(ComponentSample.component(), pilots: ComponentSample.early))
        return (directory, fixture)
    }

    private func refusal(_ body: () async throws -> Void) async -> Refusal? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Refusal
        }
    }

    private static func share(_ percent: Int64) throws -> Percentage { try #require(Percentage(.integer(percent))) }

    private static func edits() throws -> [ComponentEdit] {
        [
            ComponentEdit(defaultVersion: "1.1"), ComponentEdit(split: [VersionSplit.Share("1.1", try share(1))]),
            ComponentEdit(pilots: [("early", "1.1")]),
        ]
    }

    @Test func everyWayToAVersionIsRefusedUntilItIsVerified() async throws {
        let (directory, fixture) = try await fixture()
        let ramp = RampRequest(variant: "1.1", percentage: try Self.share(5), time: 1)
        func known(_ text: String) async throws {
            for edit in try Self.edits() {
                let refused = try #require(
                    await refusal { try await fixture.submit(.editComponent("checkout", edit)) })
                #expect(refused.kind == .conflict && refused.title == "Version isn't verified")
                #expect(
                    refused.detail.hasPrefix(
                        "component \"checkout\": no deployment of version \"1.1\" is verified: " + text),
                    "\(refused.detail)")
                #expect(
                    refused.hint == "`pilotlight deployment record checkout 1.1 --verify URL`, or --unchecked "
                        + "(\"unchecked\": true) if you know that it works")
                #expect(refused.members == ["component": "checkout", "version": "1.1"])
            }
            let refused = await refusal {
                try await fixture.submit(.ramp(flag: ComponentSample.flagKey, ramp))
            }
            #expect(refused?.title == "Version isn't verified")
        }
        try await known("none is recorded")
        var deployment = Deployment(component: "checkout", version: "1.1", at: 1_800_000_000_000, by: "ci")
        try await fixture.submit(.putDeployment(deployment))
        try await known("recorded at 2027-01-15T08:00:00.000Z")
        deployment.take(
            DeploymentCheck(at: 1_800_000_000_000, passed: false, detail: "HTTP 503"), by: "ci", message: "")
        try await fixture.submit(.putDeployment(deployment))
        try await known("failed (HTTP 503) at ")
        // Elsewhere, or another version, is no help.
        try await fixture.submit(
            .putDeployment(
                Deployment(component: "search", version: "1.1", state: .verified, at: 1, by: "ci")))
        try await fixture.submit(
            .putDeployment(
                Deployment(component: "checkout", version: "1.0", state: .verified, at: 1, by: "ci")))
        try await known("failed")
        let number = try fixture.production.committed.revision.number
        #expect(number == 1)

        deployment.take(DeploymentCheck(at: 1_800_000_000_000, passed: true, detail: "200"), by: "ci", message: "")
        try await fixture.submit(.putDeployment(deployment))
        for edit in try Self.edits().reversed() { try await fixture.submit(.editComponent("checkout", edit)) }
        try await fixture.submit(.ramp(flag: ComponentSample.flagKey, ramp))
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func whoeverKnowsBetterMaySaySo() async throws {
        let (directory, fixture) = try await fixture()
        for var edit in try Self.edits().reversed() {
            edit.unchecked = true
            #expect(try await fixture.submit(.editComponent("checkout", edit)).published)
        }
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// Whatever takes users off a version goes as ever, and so does the way back to the default one.
    @Test func theWayBackIsNeverRefused() async throws {
        let (directory, fixture) = try await fixture()
        try await fixture.edit(
            ComponentEdit(split: [VersionSplit.Share("1.1", try Self.share(50))], pilots: [("early", "1.1")]))
        try await fixture.submit(
            .ramp(
                flag: ComponentSample.flagKey,
                RampRequest(variant: "1.1", percentage: try Self.share(20), time: 1, unchecked: true)))
        for edit in [
            ComponentEdit(split: [VersionSplit.Share("1.1", try Self.share(50))]),
            ComponentEdit(split: [VersionSplit.Share("1.1", try Self.share(20))]),
            ComponentEdit(split: [VersionSplit.Share("1.0", try Self.share(100))]),
            ComponentEdit(pilots: [("early", "1.0")]), ComponentEdit(pilots: [("early", nil)]),
            ComponentEdit(defaultVersion: "1.0"), ComponentEdit(description: "The shop"), ComponentEdit(split: []),
        ] {
            #expect(await refusal { try await fixture.submit(.editComponent("checkout", edit)) } == nil)
        }
        for (percent, isRefused) in [(20, false), (10, false), (11, true), (0, false)] as [(Int64, Bool)] {
            let ramp = RampRequest(percentage: try Self.share(percent), time: 2)
            let refused = await refusal { try await fixture.submit(.ramp(flag: ComponentSample.flagKey, ramp)) }
            #expect((refused != nil) == isRefused, "\(percent)")
        }
        // More pilot groups, or fewer exclusions, are more users.
        let group = RampRequest(percentage: .none, pilots: ["early"], time: 3)
        #expect(await refusal { try await fixture.submit(.ramp(flag: ComponentSample.flagKey, group)) } != nil)
        // Which version an emergency serves is for whoever has it.
        try await fixture.submit(.kill(flag: ComponentSample.flagKey, variant: "1.1"))
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aRampThatMovesByItselfCountsByWhereItEnds() async throws {
        let (directory, fixture) = try await fixture()
        func ramp(_ percent: Int64, over seconds: Int64?, at time: Int64) async throws -> Refusal? {
            let share = try Self.share(percent)
            return await refusal {
                try await fixture.submit(
                    .ramp(
                        flag: ComponentSample.flagKey,
                        RampRequest(variant: "1.1", percentage: share, overSeconds: seconds, time: time)))
            }
        }
        #expect(try await ramp(50, over: 100, at: 1_000) != nil)
        try await fixture.submit(
            .ramp(
                flag: ComponentSample.flagKey,
                RampRequest(
                    variant: "1.1", percentage: try Self.share(50), overSeconds: 100, time: 1_000, unchecked: true)))
        // Half-way it is 25 %: to hold it there takes nobody in, and to end at 50 % still does.
        #expect(try await ramp(50, over: 10, at: 1_050) != nil)
        #expect(try await ramp(25, over: nil, at: 1_050) == nil)
        #expect(try await ramp(0, over: 60, at: 1_060) == nil)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aDocumentIsWarnedAlone() async throws {
        let (directory, fixture) = try await fixture()
        let document = ComponentSample.document(
            ComponentSample.component(#""split": {"1.1": 10}"#), pilots: ComponentSample.early)
        let applied = try await fixture.apply(document)
        #expect(applied.published)
        #expect(
            applied.warnings.map(\.description) == [
                "flags.json: /components/checkout: gives users version 1.1, of which no deployment is verified: none is "
                    + "recorded; `pilotlight deployment record checkout 1.1 --verify URL`"
            ])
        #expect(try await fixture.apply(document).warnings.isEmpty, "nobody gets it who hadn't")
        // Made anew, a component's default version is what it begins with.
        let made = try await fixture.apply(
            #"{"components": {"search": {"versions": {"1": {}}, "defaultVersion": "1"}}}"#)
        #expect(made.warnings.isEmpty)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func theAPITakesTheSwitch() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        _ = try await node.production("POST", "/apply", ComponentSample.document(ComponentSample.component()))
        for (method, path, body) in [
            ("PATCH", "/components/checkout", #"{"split": {"1.1": 10}"#),
            ("POST", "/components/checkout/ramp", #"{"version": "1.1", "percentage": 5"#),
        ] {
            let refused = try await node.production(method, path, body + "}")
            #expect(refused.status == 409 && refused.json["title"] == "Version isn't verified")
            #expect(refused.json["version"] == "1.1")
            #expect(try await node.production(method, path, body + #", "unchecked": 1}"#).status == 400)
            #expect(try await node.production(method, path, body + #", "unchecked": true}"#).status == 200)
        }
        _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("a")))
        let flag = try await node.production(
            "POST", "/flags/a/ramp", #"{"variant": "on", "percentage": 5, "unchecked": true}"#)
        #expect(flag.status == 400, "a flag has nothing to be checked")
        try await node.stop()
    }
}
