import Flags
import Releases
import Testing

@Suite struct GateTests {
    private static func agent(
        _ name: String, _ version: String, isLive: Bool = true, _ health: ObservedAgent.Health = .passing,
        service: String = "checkout", isAwaited: Bool = false
    ) -> ObservedAgent {
        ObservedAgent(
            id: name, name: name, service: service, version: version, isLive: isLive, health: health,
            isAwaited: isAwaited)
    }

    private static func check(
        _ requirement: String, _ agents: [ObservedAgent], verified: Bool = false
    ) throws -> GateResult {
        let deployments = Deployments(
            verified
                ? [Deployment(component: "checkout", version: "1.4.2", state: .verified, at: 0, by: "ci")] : [])
        return Gate.check([try #require(Requirement(requirement))], agents: agents, deployments: deployments)
    }

    @Test func everywhereMeansEveryLiveOrSilentAgent() throws {
        let all = [
            Self.agent("a", "1.4.2"), Self.agent("b", "1.5.0", isLive: false),
            Self.agent("c", "1.0", service: "cart"),
        ]
        #expect(try Self.check("everywhere: checkout >= 1.4.2", all).verdict == .green)
        let old = try Self.check("everywhere: checkout >= 1.4.2", all + [Self.agent("d", "1.4.1", isLive: false)])
        #expect(old.verdict == .red)
        #expect(!old.isBySilence)
        #expect(old.agents == ["d"])
        #expect(old.details == ["checkout >= 1.4.2 isn't met by d (1.4.1, silent)"])
    }

    @Test func whoeverIsSilentAndInTheWayCanBeForgotten() throws {
        let requirement = "everywhere: checkout >= 1.4.2"
        let live = Self.agent("a", "1.4.1")
        #expect(try Self.check(requirement, [live]).hints.isEmpty)
        let one = try Self.check(requirement, [live, Self.agent("d", "1.4.1", isLive: false)])
        #expect(one.hints == ["d is silent: if it is gone for good, `pilotlight fleet forget d`"])
        #expect(one.details == ["checkout >= 1.4.2 isn't met by a (1.4.1), d (1.4.1, silent)"])
        let two = try Self.check(requirement, ["e", "d"].map { Self.agent($0, "1.4.1", isLive: false) })
        #expect(
            two.hints == [
                "some are silent: each that is gone for good, `pilotlight fleet forget ID`: d (d), e (e)"
            ])
        // Who is silent and has the version stands in nobody's way.
        #expect(try Self.check(requirement, [Self.agent("b", "1.5.0", isLive: false)]).hints.isEmpty)
        // Forgotten, it would be missing all the more.
        #expect(try Self.check("present: checkout 1.4.2", [Self.agent("s", "1.4.2", isLive: false)]).hints.isEmpty)
    }

    @Test func noAgentOfAServiceIsRed() throws {
        for requirement in ["everywhere: checkout >= 1.4.2", "present: checkout 1.4.2"] {
            let result = try Self.check(requirement, [Self.agent("c", "1.4.2", service: "cart")], verified: true)
            #expect(result.verdict == .red)
            #expect(result.isBySilence)
        }
    }

    @Test func versionsThatAreNotSemanticAreEqualOrNot() throws {
        let agents = [Self.agent("a", "build-77")]
        #expect(try Self.check("everywhere: checkout = build-77", agents).verdict == .green)
        #expect(try Self.check("everywhere: checkout >= build-77", agents).verdict == .green)
        #expect(try Self.check("everywhere: checkout > build-76", agents).verdict == .red)
        #expect(try Self.check("everywhere: checkout >= 1.4.2", agents).verdict == .red)
    }

    @Test func presentCountsWhatWorks() throws {
        let blue = Self.agent("blue", "1.4.1")
        let two = "present: checkout 1.4.2, at least 2 verified"
        let green = [Self.agent("a", "1.4.2"), Self.agent("b", "1.4.2")]
        #expect(try Self.check(two, green + [blue]).verdict == .green)
        let failing = try Self.check(two, [green[0], blue, Self.agent("c", "1.4.2", .failing)])
        #expect(failing.verdict == .red && !failing.isBySilence)
        #expect(failing.agents == ["c"])
        let unchecked = [green[0], Self.agent("c", "1.4.2", .unchecked)]
        #expect(try Self.check(two, unchecked).verdict == .red)
        #expect(try Self.check(two, unchecked, verified: true).verdict == .green)
    }

    @Test func whoeverIsNotHeardSpeaksAgainstNothing() throws {
        let two = "present: checkout 1.4.2, at least 2 verified"
        let silent = Self.agent("s", "1.4.2", isLive: false)
        let one = try Self.check(two, [Self.agent("a", "1.4.2"), silent])
        #expect(one.verdict == .red && one.isBySilence)
        #expect(one.agents == ["s"])
        let both = try Self.check(two, [Self.agent("f", "1.4.2", .failing), silent])
        #expect(both.verdict == .red && !both.isBySilence)
        let nobody = try Self.check(two, [silent])
        #expect(nobody.verdict == .red && nobody.isBySilence)
    }

    @Test func whoeverReportsAnotherVersionSpeaksAgainstIt() throws {
        let other = try Self.check("present: checkout 1.4.2", [Self.agent("a", "1.4.1")])
        #expect(other.verdict == .red && !other.isBySilence)
        #expect(other.agents == ["a"] && other.details.joined().contains("a (1.4.1)"))
        // The same version, written otherwise.
        #expect(try Self.check("present: checkout 1.4.2", [Self.agent("a", "v1.4.2")]).verdict == .green)
    }

    @Test func aHealthThatIsNotKnownYetIsAwaited() throws {
        let asked = Self.agent("a", "1.4.2", .unknown)
        #expect(try Self.check("present: checkout 1.4.2", [asked]).verdict == .unknown)
        #expect(try Self.check("everywhere: checkout >= 1.4.2", [asked]).verdict == .green)
        #expect(try Self.check("everywhere: checkout >= 1.5", [asked]).verdict == .red)
        #expect(try Self.check("present: checkout 1.4.2, at least 2 verified", [asked]).verdict == .red)
    }

    @Test func awaitedAgentsMakeItUnknown() throws {
        let awaited = Self.agent("w", "1.4.1", isAwaited: true)
        let ready = Self.agent("a", "1.4.2")
        #expect(try Self.check("everywhere: checkout >= 1.4.2", [ready, awaited]).verdict == .unknown)
        #expect(try Self.check("everywhere: checkout >= 1.4.2", [ready, awaited]).agents == ["w"])
        let old = Self.agent("o", "1.0.0")
        #expect(try Self.check("everywhere: checkout >= 1.4.2", [old, awaited]).verdict == .red)
        #expect(try Self.check("present: checkout 1.4.2", [ready, awaited]).verdict == .green)
        #expect(try Self.check("present: checkout 1.4.2, at least 2", [ready, awaited]).verdict == .unknown)
        #expect(try Self.check("present: checkout 1.4.2, at least 3", [ready, awaited]).verdict == .red)
    }

    @Test func oneRedIsRed() {
        let both = GateResult(Plans.unknown.checks + Plans.red.checks + Plans.silent.checks)
        #expect(both.verdict == .red)
        #expect(!both.isBySilence)
        #expect(both.agents == ["a"])
        #expect(GateResult(Plans.unknown.checks + Plans.green.checks).verdict == .unknown)
        #expect(GateResult.none.verdict == .green)
    }
}
