import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// Deployed, being released, released, dormant: every version, and every flag that a release is about.
extension OperatorAPI {
    var showStatus: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let agents = registry.observe(state.name).agents
            let now = clock.now
            return .json(
                .object([
                    "components": .array(Self.components(state, agents, now).map(\.json)),
                    "flags": .array(Self.flags(state)), "revision": state.committed.revision.json,
                ]))
        }
    }

    private static func components(
        _ state: EnvironmentState, _ agents: [ObservedAgent], _ now: ReleaseTime
    ) -> [VersionStatus] {
        let observed = ObservedVersion.grouped(agents)
        var names = Set(state.deployments.components).union(observed.keys)
        for key in state.committed.entries.keys where key.kind == .component { names.insert(ExactString(key.name)) }
        return names.sorted().flatMap { name in
            ComponentStatus(
                of: name.text, state, deployments: state.deployments.deployments(of: name.text),
                observed: observed[name] ?? [], now.wallSeconds
            ).versions
        }
    }

    /// By flag: those that a release owns now, and those that a launch has left without a purpose.
    private static func flags(_ state: EnvironmentState) -> [JSONValue] {
        let stale = StaleFlags(in: state)
        return state.committed.entries.keys.filter { $0.kind == .flag }.sorted().compactMap { key in
            if let release = state.owner(of: key.name) {
                let change = release.plan.changes.first { $0.flag.isExactly(key.name) }
                return .object([
                    "flag": .string(key.name), "state": "releasing",
                    "variant": change.map { .string($0.variant) } ?? .null, "share": .string(release.share),
                    "release": .string(release.plan.name),
                ])
            }
            guard let launch = stale[key.name] else { return nil }
            let variant = StoredFlag.json(state.committed.bytes(of: key) ?? [])["defaultVariant"] ?? .null
            return .object([
                "flag": .string(key.name), "state": "released", "variant": variant, "share": "everybody",
                "release": .string(launch.release),
            ])
        }
    }
}

extension Release {
    /// Who gets it now, in words.
    fileprivate var share: String {
        guard state != .armed, let staged else { return "nobody yet" }
        let groups = staged.pilots.joined(separator: ", ")
        let named = staged.pilots.isEmpty ? "" : (staged.pilots.count == 1 ? "pilot group " : "pilot groups ") + groups
        let share = staged.percentage > .none ? staged.percentage.text : ""
        return [share, named].filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
