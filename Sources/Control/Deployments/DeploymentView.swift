import Flags
import JSON
import Releases

/// What is recorded of deployments beside what the agents report, and where the two don't agree. Pure.
struct DeploymentView: Sendable {
    let deployments: [Deployment]
    /// By component and version, in that order; of agents that name a service.
    let observed: [ObservedVersion]
    private let recorded: Deployments
    /// By component.
    private let seen: [ExactString: [ObservedVersion]]
    /// Whether users are given a version of a component.
    private let isGiven: @Sendable (String, String) -> Bool

    /// - Parameters:
    ///   - component: nil for all.
    ///   - isGiven: whether users are given a version (the second) of a component (the first).
    init(
        _ deployments: Deployments, _ agents: [ObservedAgent], of component: String? = nil,
        isGiven: @escaping @Sendable (String, String) -> Bool = { _, _ in false }
    ) {
        self.isGiven = isGiven
        recorded = deployments
        self.deployments = component.map { deployments.deployments(of: $0) } ?? deployments.sorted
        seen = ObservedVersion.grouped(agents, of: component)
        observed = seen.sorted { $0.key < $1.key }.flatMap(\.value)
    }

    private func observed(_ component: String, _ version: String) -> ObservedVersion {
        seen[ExactString(component)]?.first { $0.version.isExactly(version) }
            ?? ObservedVersion(component: component, version: version, agents: [])
    }

    // MARK: Who disagrees

    /// What speaks against what is recorded; nil where nothing does.
    func disagreement(_ deployment: Deployment) -> String? {
        let found = observed(deployment.component, deployment.version)
        let live = found.live
        let failing = live.filter { $0.health == .failing }
        switch deployment.state {
        case .retired:
            let stands = recorded.deployments(deployment.component, deployment.version).contains {
                $0.state != .retired
            }
            guard !stands else { return nil }
            if isGiven(deployment.component, deployment.version) { return "retired, but users are given it" }
            guard !found.agents.isEmpty else { return nil }
            return "retired, but \(Self.agents(found.agents)) still \(Self.verb("run", found.agents)) it"
        case .recorded, .verified:
            // Where no agent stands beside any version of it, none is missed.
            let isObserved = seen[ExactString(deployment.component)] != nil
            if live.isEmpty { return isObserved ? "\(deployment.state.rawValue), but no live agent reports it" : nil }
            guard !failing.isEmpty else { return nil }
            return "\(deployment.state.rawValue), but the health of \(Self.agents(failing)) fails"
        case .failed:
            if isGiven(deployment.component, deployment.version) { return "failed its check, but users are given it" }
            let passing = live.filter { $0.health == .passing }
            guard !passing.isEmpty else { return nil }
            return "failed its check, but the health of \(Self.agents(passing)) passes"
        }
    }

    /// Every one in a sentence: of what is recorded, and of what agents report that nobody recorded.
    var disagreements: [String] {
        deployments.compactMap { deployment in disagreement(deployment).map { "\(deployment.title): \($0)" } }
            + observed.compactMap { seen in
                guard !seen.version.isEmpty else {
                    // Of what is never deployed by version, a load balancer say, none is asked for.
                    guard !recorded.deployments(of: seen.component).isEmpty else { return nil }
                    return "\(seen.component): \(Self.agents(seen.agents)) \(Self.verb("name", seen.agents)) no version"
                }
                guard recorded.deployments(seen.component, seen.version).isEmpty else { return nil }
                return "\(seen.component) \(seen.version): nobody recorded it, but \(Self.agents(seen.agents)) "
                    + "\(Self.verb("run", seen.agents)) it"
            }
    }

    private static let mostNamed = 5

    /// `agent web-1`, `3 agents (web-1, web-2, web-3)`
    private static func agents(_ agents: [ObservedAgent]) -> String {
        if agents.count == 1 { return "agent \(agents[0].name)" }
        let names = agents.prefix(mostNamed).map(\.name).joined(separator: ", ")
        return "\(agents.count) agents (\(names)\(agents.count > mostNamed ? ", …" : ""))"
    }

    private static func verb(_ plural: String, _ agents: [ObservedAgent]) -> String {
        agents.count == 1 ? plural + "s" : plural
    }

    // MARK: As it is shown

    func json(_ deployment: Deployment) -> JSONObject {
        let seen = observed(deployment.component, deployment.version)
        var object = deployment.json.objectValue ?? [:]
        func count(_ health: ObservedAgent.Health) -> JSONValue {
            .integer(Int64(seen.live.count { $0.health == health }))
        }
        object["agents"] = .object([
            "live": .integer(Int64(seen.live.count)), "silent": .integer(Int64(seen.agents.count - seen.live.count)),
            "passing": count(.passing), "failing": count(.failing),
        ])
        object["disagreement"] = disagreement(deployment).map { .string($0) } ?? .null
        return object
    }

    var json: JSONValue {
        .object([
            "deployments": .array(deployments.map { .object(json($0)) }),
            "observed": .array(
                observed.map { seen in
                    .object([
                        "component": .string(seen.component),
                        "version": seen.version.isEmpty ? .null : .string(seen.version),
                        "agents": .array(seen.agents.map(\.shown)),
                    ])
                }),
            "disagreements": .array(disagreements.map { .string($0) }),
        ])
    }
}

extension ObservedAgent {
    fileprivate var shown: JSONValue {
        .object([
            "name": .string(name), "id": .string(id), "state": .string(isLive ? "live" : "silent"),
            "health": .string(health.rawValue),
        ])
    }
}
