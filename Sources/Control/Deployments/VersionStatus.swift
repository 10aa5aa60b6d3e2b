import Flags
import JSON
import Releases

/// Where each version stands between machines and users. Pure.
struct VersionStatus: Sendable, Hashable {
    enum State: String, Sendable {
        /// On machines, and nobody gets it yet.
        case deployed
        /// Part of the users get it, or a release is about to give it to them.
        case releasing
        /// Everybody's.
        case released
        /// Still on machines, and nobody gets it any more.
        case dormant
    }

    var component: String
    var version: String
    var state: State
    /// Who gets it, in words.
    var share: String
    /// The best that is recorded of it in any place; nil where nothing is.
    var deployment: DeploymentState?
    /// Live ones that report it.
    var agents: Int
    /// The active release that brings it.
    var release: String?

    var json: JSONValue {
        .object([
            "component": .string(component), "version": .string(version), "state": .string(state.rawValue),
            "share": .string(share), "deployment": deployment.map { .string($0.rawValue) } ?? .null,
            "agents": .integer(Int64(agents)), "release": release.map { .string($0) } ?? .null,
        ])
    }
}

/// What the status of one component's versions is worked out from.
struct ComponentStatus: Sendable {
    var name: String
    /// Nil for what is only deployed: nobody is moved between its versions, and whoever reaches one gets it.
    var definition: ComponentDefinition?
    var kill: Kill?
    /// The active release that moves it.
    var release: Release?
    /// Its own alone, and what agents report of it.
    var deployments: [Deployment] = []
    var observed: [ObservedVersion] = []
    /// Seconds since 1970.
    var now: Int64

    /// The oldest first. A version that is neither on machines nor given to anybody isn't among them.
    var versions: [VersionStatus] {
        let recorded = best
        let live = Dictionary(observed.map { (ExactString($0.version), $0.live.count) }, uniquingKeysWith: +)
        var names = definition?.versions.map { ExactString($0.name) } ?? []
        var known = Set(names)
        let others = deployments.map(\.version) + observed.map(\.version)
        for version in others.sorted(by: ComponentVersion.precedes)
        where !version.isEmpty && known.insert(ExactString(version)).inserted {
            names.append(ExactString(version))
        }
        return names.compactMap { status($0.text, recorded[$0], live[$0] ?? 0) }
    }

    /// What is recorded of each version, in the place where that is best.
    private var best: [ExactString: DeploymentState] {
        var best: [ExactString: DeploymentState] = [:]
        let order: [DeploymentState] = [.retired, .failed, .recorded, .verified]
        for state in order {
            for deployment in deployments where deployment.state == state {
                best[ExactString(deployment.version)] = state
            }
        }
        return best
    }

    /// - Parameters:
    ///   - deployment: the best that is recorded of it.
    ///   - agents: live ones that report it.
    private func status(_ version: String, _ deployment: DeploymentState?, _ agents: Int) -> VersionStatus? {
        let isDeployed = agents > 0 || deployment.map { $0 != .retired } ?? false
        let brought = release.flatMap { release in
            release.plan.changes.contains { isThis($0) && $0.variant.isExactly(version) } ? release : nil
        }
        let parts = parts(of: version, brought)
        let state: VersionStatus.State
        if definition?.defaultVersion.isExactly(version) ?? isDeployed || parts.isEverybody {
            state = .released
        } else if brought != nil || !parts.texts.isEmpty {
            state = .releasing
        } else if isDeployed {
            state = isPast(version) ? .dormant : .deployed
        } else {
            return nil
        }
        return VersionStatus(
            component: name, version: version, state: state, share: share(of: version, parts), deployment: deployment,
            agents: agents, release: brought?.plan.name)
    }

    private func isThis(_ change: FlagVariant) -> Bool { change.flag.isExactly(ComponentKey.flagKey(of: name)) }

    /// Retired, or older than what everybody has: of versions the definition doesn't list, by their names.
    private func isPast(_ version: String) -> Bool {
        guard let definition else { return false }
        if definition.version(version)?.state == .retired { return true }
        let place = { (name: String) in definition.versions.firstIndex { $0.name.isExactly(name) } }
        guard let own = place(version), let usual = place(definition.defaultVersion) else {
            return ComponentVersion.precedes(version, definition.defaultVersion)
        }
        return own < usual
    }

    // MARK: Who gets it

    private struct Parts {
        var texts: [String] = []
        var isEverybody = false
    }

    /// Besides being the default.
    private func parts(of version: String, _ release: Release?) -> Parts {
        var parts = Parts()
        guard let definition, definition.version(version)?.state != .retired else { return parts }
        var pilots: [String] = []
        var percentages: [Percentage] = []
        if let staged = release?.staged, release?.state != .armed {
            pilots += staged.pilots
            percentages.append(staged.percentage)
        }
        pilots += definition.pilots.filter { $0.version.isExactly(version) }.map(\.pilot)
        if let rollout = definition.rollout, rollout.variant.isExactly(version) {
            pilots += rollout.pilots
            percentages.append(rollout.share.percentage(at: now))
        }
        let own = percentages.max() ?? .none
        let split = definition.split?.shares.first { $0.version.isExactly(version) }?.percentage ?? .none
        parts.isEverybody = own == .everybody || (split == .everybody && definition.rollout == nil)
        if own > .none { parts.texts.append(own.text) }
        if split > .none { parts.texts.append(own > .none ? "\(split.text) of the others" : split.text) }
        if !pilots.isEmpty {
            var seen: [String] = []
            for pilot in pilots where !seen.contains(pilot) { seen.append(pilot) }
            parts.texts.append((seen.count == 1 ? "pilot group " : "pilot groups ") + seen.joined(separator: ", "))
        }
        return parts
    }

    private func share(of version: String, _ parts: Parts) -> String {
        guard let definition else { return "whoever reaches it" }
        if let kill { return kill.variant.isExactly(version) ? "everybody: killed" : "nobody: killed" }
        if parts.isEverybody { return "everybody" }
        if definition.defaultVersion.isExactly(version) {
            let isServing = release?.staged != nil && release?.state != .armed
            return definition.hasRules || isServing ? "everybody else" : "everybody"
        }
        return parts.texts.isEmpty ? "nobody" : parts.texts.joined(separator: ", ")
    }
}

extension ComponentStatus {
    init(
        of name: String, _ state: EnvironmentState, deployments: [Deployment] = [], observed: [ObservedVersion] = [],
        _ now: Int64
    ) {
        let key = ComponentKey.flagKey(of: name)
        self.init(
            name: name, definition: try? StoredFlag.definition(ofComponent: name, in: state.committed),
            kill: StoredFlag.kill(of: key, in: state.committed), release: state.owner(of: key),
            deployments: deployments, observed: observed, now: now)
    }

    /// Whom users are given, whether it is on machines or not: none where nobody is moved between the versions.
    static func given(_ name: String, _ state: EnvironmentState, _ now: Int64) -> Set<ExactString> {
        let status = ComponentStatus(of: name, state, now)
        return status.definition == nil ? [] : Set(status.versions.map { ExactString($0.version) })
    }
}

extension DeploymentView {
    /// As an environment stands, with who is given what there.
    init(of state: EnvironmentState, _ agents: [ObservedAgent], component: String? = nil) {
        let now = Moment.now.wallSeconds
        let shown = component.map { state.deployments.deployments(of: $0) } ?? state.deployments.sorted
        // Asked of these alone.
        let doubtful = Set(
            shown.filter { $0.state == .retired || $0.state == .failed }.map { ExactString($0.component) })
        let given = Dictionary(
            uniqueKeysWithValues: doubtful.map { ($0, ComponentStatus.given($0.text, state, now)) })
        self.init(state.deployments, agents, of: component) { name, version in
            given[ExactString(name)]?.contains(ExactString(version)) == true
        }
    }
}
