import Flags
import JSON

/// Whether what a release requires is deployed, by what agents report and pipelines recorded.
package enum Gate {
    package static func check(
        _ requirements: [Requirement], agents: [ObservedAgent], deployments: Deployments
    ) -> GateResult {
        GateResult(
            requirements.map { requirement in
                let ofService = agents.filter { $0.service.isExactly(requirement.service) }
                switch requirement {
                case .everywhere(let version): return everywhere(version, requirement, ofService)
                case .present(let service, let version, let count):
                    let isVerified = deployments.isVerified(service, version)
                    return present(version, count, requirement, ofService, isVerified: isVerified)
                }
            })
    }

    /// Silent agents count by what they reported last: they may be serving.
    private static func everywhere(
        _ required: VersionRequirement, _ requirement: Requirement, _ agents: [ObservedAgent]
    ) -> GateResult.Check {
        let lacking = agents.filter { !$0.isAwaited && ($0.isDuplicate || !required.isMet(byVersion: $0.version)) }
        let awaited = agents.filter(\.isAwaited)
        if agents.isEmpty {
            return GateResult.Check(
                requirement, .red, isBySilence: true, detail: "no agent of \(required.service) is known")
        }
        if !lacking.isEmpty {
            return GateResult.Check(
                requirement, .red,
                detail: "\(required.text) isn't met by "
                    + list(lacking) { reported($0) + ($0.isLive ? "" : ", silent") },
                agents: names(lacking), hint: forgetting(lacking.filter { !$0.isLive }))
        }
        if !awaited.isEmpty { return unknown(requirement, awaited) }
        return GateResult.Check(
            requirement, .green, detail: "\(required.text) is met by \(count(agents.count)) of \(agents.count)")
    }

    /// Live agents of that version that pass, or that nothing asks and whose deployment is verified.
    private static func present(
        _ version: String, _ wanted: Int, _ requirement: Requirement, _ agents: [ObservedAgent], isVerified: Bool
    ) -> GateResult.Check {
        let what = "\(requirement.service) \(version)"
        let heard = agents.filter { !$0.isAwaited }
        let ofVersion = heard.filter { requirement.ofAgent.isMet(byVersion: $0.version) }
        func works(_ agent: ObservedAgent) -> Bool {
            !agent.isDuplicate && (agent.health == .passing || agent.health == .unchecked && isVerified)
        }
        let live = ofVersion.filter(\.isLive)
        let working = live.filter(works)
        if working.count >= wanted {
            return GateResult.Check(
                requirement, .green, detail: "\(what): \(working.count) present, \(wanted) wanted")
        }
        let awaited = agents.filter(\.isAwaited) + live.filter { $0.health == .unknown && !$0.isDuplicate }
        if working.count + awaited.count >= wanted { return unknown(requirement, awaited) }
        let broken = live.filter { !works($0) }
        let silent = ofVersion.filter { !$0.isLive }
        let others = heard.filter { $0.isLive && !requirement.ofAgent.isMet(byVersion: $0.version) }
        var reasons: [String] = []
        if !broken.isEmpty {
            reasons.append(
                list(broken) { agent in
                    if agent.isDuplicate { return reported(agent) }
                    switch agent.health {
                    case .failing: return "failing"
                    case .unknown: return "its health isn't known yet"
                    case .passing, .unchecked: return "unchecked, and the deployment isn't verified"
                    }
                })
        }
        if !silent.isEmpty { reasons.append(list(silent) { _ in "silent" }) }
        if ofVersion.isEmpty {
            reasons.append("no agent reports it" + (others.isEmpty ? "" : ": there is " + list(others, reported)))
        }
        return GateResult.Check(
            requirement, .red,
            // Whoever isn't heard may work as before: only what is heard speaks against it.
            isBySilence: !heard.contains(where: \.isLive) || working.count + silent.count(where: works) >= wanted,
            detail: "\(what): \(working.count) of \(wanted) wanted"
                + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")),
            agents: names(ofVersion.isEmpty ? others : broken + silent))
    }

    private static func reported(_ agent: ObservedAgent) -> String {
        if agent.isDuplicate { return "two agents share its id" }
        return agent.version.isEmpty ? "no version" : agent.version
    }

    /// An agent that said no goodbye, or whose goodbye nobody heard, counts until it is forgotten. Nil without agents.
    private static func forgetting(_ silent: [ObservedAgent]) -> String? {
        guard let first = silent.first else { return nil }
        return silent.count == 1
            ? "\(first.name) is silent: if it is gone for good, `pilotlight fleet forget \(first.id)`"
            : "some are silent: each that is gone for good, `pilotlight fleet forget ID`: " + list(silent, \.id)
    }

    private static func unknown(_ requirement: Requirement, _ awaited: [ObservedAgent]) -> GateResult.Check {
        GateResult.Check(
            requirement, .unknown,
            detail: "not heard yet, as the control node or they have just started: " + list(awaited) { _ in nil },
            agents: names(awaited))
    }

    private static func names(_ agents: [ObservedAgent]) -> [String] {
        agents.map(\.name).sorted { $0.precedesInBytes($1) }
    }

    /// `a (1.4.1), b (1.4.1)` and how many more.
    private static func list(_ agents: [ObservedAgent], _ remark: (ObservedAgent) -> String?) -> String {
        let sorted = agents.sorted { $0.name.precedesInBytes($1.name) }
        let shown = sorted.prefix(5).map { agent in agent.name + (remark(agent).map { " (\($0))" } ?? "") }
        return shown.joined(separator: ", ") + (sorted.count > 5 ? " and \(sorted.count - 5) more" : "")
    }

    private static func count(_ number: Int) -> String { number == 1 ? "1 agent" : "\(number) agents" }
}
