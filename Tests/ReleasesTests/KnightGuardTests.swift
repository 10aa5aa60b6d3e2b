import Flags
import Harness
import JSON
import Releases
import Testing

/// Random fleets against a model that shares no code with what it judges: the gate's verdict is the model's, and no agent of
/// a required service gives anyone a release that its own version can't bear.
@Suite struct KnightGuardTests {
    private static let services = ["cart", "checkout", "shop"]
    private static let versions = ["1.4.1", "1.4.2", "1.5.0", "2.0.0", "blue", "green", ""]

    @Test func randomFleetsAreJudgedAsByTheModel() throws {
        var random = SeededRandom(seed: 1_200)
        var verdicts: [GateResult.Verdict: Int] = [:]
        var guarded = 0
        let before = try #require(Plans.definitions["cart"])
        var empty = FlagSet()
        try empty.put(flag: "cart", storedBytes: before.canonicalBytes())
        for _ in 0..<10_000 {
            let requirements = (0...random.below(2)).map { _ in Self.requirement(&random) }
            let agents = (0..<random.below(9)).map { Self.agent($0, &random) }
            let deployments = (0..<random.below(3)).map { _ in Self.deployment(&random) }
            let result = Gate.check(requirements, agents: agents, deployments: Deployments(deployments))
            let model = Model.verdict(requirements, agents, deployments)
            #expect(result.verdict == model.verdict, "\(requirements) \(agents) \(deployments)")
            #expect(result.isBySilence == model.isBySilence, "\(requirements) \(agents) \(deployments)")
            verdicts[result.verdict, default: 0] += 1

            let plan = ReleasePlan(
                name: "summer", changes: [FlagVariant(flag: "cart", variant: "on")], requires: requirements,
                stages: [ReleaseStage(name: "everyone", percentage: .everybody)])
            var set = empty
            try set.put(release: "summer", storedBytes: plan.staged(atStage: 0, opens: nil).storedBytes)
            for agent in agents {
                set.identity = ServiceIdentity(service: agent.service, version: agent.version)
                let answer = set.evaluate(
                    "cart", context: EvaluationContext(targetingKey: "user-\(random.below(100))"), unixSeconds: 0)
                let isFit = requirements.allSatisfy { Model.bears($0, agent.service, agent.version) }
                #expect(answer.variant == (isFit ? "on" : "off"), "\(requirements) \(agent)")
                if !isFit { guarded += 1 }
            }
        }
        #expect(verdicts.count == 3)
        #expect(verdicts.values.allSatisfy { $0 > 200 }, "\(verdicts)")
        #expect(guarded > 10_000)
    }

    private static func pick<Element>(_ elements: [Element], _ random: inout SeededRandom) -> Element {
        elements[random.below(elements.count)]
    }

    private static func requirement(_ random: inout SeededRandom) -> Requirement {
        let named = versions.dropLast()
        let version = pick(Array(named), &random)
        let service = pick(services, &random)
        return random.below(2) == 0
            ? .everywhere(
                VersionRequirement(
                    service: service, relation: pick(VersionRelation.allCases, &random), version: version))
            : .present(service: service, version: version, atLeast: 1 + random.below(3))
    }

    private static func agent(_ index: Int, _ random: inout SeededRandom) -> ObservedAgent {
        ObservedAgent(
            id: "\(index)", name: "agent-\(index)", service: pick(services, &random),
            version: pick(random.below(2) == 0 ? ["1.4.2"] : versions, &random), isLive: random.below(5) > 0,
            health: pick(ObservedAgent.Health.allCases, &random), isAwaited: random.below(8) == 0)
    }

    private static func deployment(_ random: inout SeededRandom) -> Deployment {
        Deployment(
            component: pick(services, &random), version: pick(versions, &random),
            state: pick(DeploymentState.allCases, &random), at: 0, by: "ci")
    }

    /// What docs/releases.md says, written down a second time.
    private enum Model {
        static func verdict(
            _ requirements: [Requirement], _ agents: [ObservedAgent], _ deployments: [Deployment]
        ) -> (verdict: GateResult.Verdict, isBySilence: Bool) {
            var reds: [Bool] = []
            var isUnknown = false
            for requirement in requirements {
                let verdict: GateResult.Verdict
                var isBySilence = false
                switch requirement {
                case .everywhere(let wanted):
                    let mine = agents.filter { $0.service == wanted.service }
                    if mine.contains(where: { !$0.isAwaited && !bears(requirement, $0.service, $0.version) }) {
                        verdict = .red
                    } else if mine.isEmpty {
                        verdict = .red
                        isBySilence = true
                    } else {
                        verdict = mine.contains(where: \.isAwaited) ? .unknown : .green
                    }
                case .present(let service, let version, let wanted):
                    let isVerified =
                        deployments.last { $0.component == service && $0.version == version }
                        .map { $0.state == .verified } ?? false
                    var working = 0
                    var silent = 0
                    var awaited = 0
                    var heard = 0
                    for agent in agents where agent.service == service {
                        if agent.isAwaited { awaited += 1 }
                        if agent.isAwaited { continue }
                        if agent.isLive { heard += 1 }
                        if !same(agent.version, version) { continue }
                        if agent.isLive, agent.health == .unknown { awaited += 1 }
                        let works = agent.health == .passing || (agent.health == .unchecked && isVerified)
                        switch (agent.isLive, works) {
                        case (true, true): working += 1
                        case (false, true): silent += 1
                        case (true, false), (false, false): break
                        }
                    }
                    if working >= wanted {
                        verdict = .green
                    } else {
                        verdict = working + awaited >= wanted ? .unknown : .red
                        isBySilence = heard == 0 || working + silent >= wanted
                    }
                }
                if verdict == .red { reds.append(isBySilence) }
                if verdict == .unknown { isUnknown = true }
            }
            if !reds.isEmpty { return (.red, !reds.contains(false)) }
            return (isUnknown ? .unknown : .green, false)
        }

        static func bears(_ requirement: Requirement, _ service: String, _ version: String) -> Bool {
            switch requirement {
            case .present(let wanted, let only, _): return service != wanted || same(version, only)
            case .everywhere(let wanted):
                guard service == wanted.service else { return true }
                guard let mine = numbers(version), let theirs = numbers(wanted.version) else {
                    switch wanted.relation.rawValue {
                    case "=", ">=", "<=": return version == wanted.version
                    case "!=": return version != wanted.version
                    default: return false
                    }
                }
                let order = zip(mine, theirs).map { $0 - $1 }.first { $0 != 0 } ?? 0
                switch wanted.relation.rawValue {
                case "=": return order == 0
                case "!=": return order != 0
                case "<": return order < 0
                case "<=": return order <= 0
                case ">": return order > 0
                case ">=": return order >= 0
                case "^": return mine[0] == theirs[0]
                default: return mine[0] == theirs[0] && mine[1] == theirs[1]
                }
            }
        }

        private static func same(_ a: String, _ b: String) -> Bool { a == b }

        private static func numbers(_ version: String) -> [Int]? {
            let parts = version.split(separator: ".").compactMap { Int($0) }
            return parts.count == 3 ? parts : nil
        }
    }
}
