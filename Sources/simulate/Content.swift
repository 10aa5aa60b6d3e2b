import Flags
import JSON
import Replication

/// What an environment holds, as the simulation's own model has it: written down next to each change, by other means than
/// the code under test.
struct Content: Hashable {
    /// Components, too, by the keys that they are decided under.
    var flags: [ExactString: FlagForm] = [:]
    /// By the key of what is killed.
    var kills: [ExactString: KillForm] = [:]
    var groups: [String: GroupForm] = [:]
    var release: ReleaseForm?
    /// Entries of a kind that agents of this version don't know.
    var unknown: Set<String> = []

    /// Names as an agent must report them, sorted by kind and name.
    var quarantined: [String] {
        let broken = flags.filter(\.value.isBroken).keys.sorted()
        return broken.filter { !ComponentKey.isComponent($0.text) }.map { "flag:\($0)" }
            + groups.filter(\.value.terms.isBroken).keys.sorted().map { "pilot:\($0)" }
            + kills.filter(\.value.isBroken).keys.sorted().map {
                ComponentKey.component(of: $0.text).map { "component-kill:\($0)" } ?? "kill:\($0)"
            }
            + broken.compactMap { ComponentKey.component(of: $0.text) }.map { "component:\($0)" }
            + unknown.sorted().map { "kind-9:\($0)" }
    }

    /// What a lookup must answer.
    enum Answer: Hashable {
        /// No value: no such flag, a disabled one, or a group asked about that isn't there.
        case nothing
        case value(String)
        /// A share of users decides that the model doesn't work out.
        case either(String, String)
    }

    private enum Outcome: Hashable {
        case nothing, unsure
        case variant(String)
    }

    /// - Parameter user: nil for one without a targeting key.
    func answer(of key: ExactString, for user: String?) -> Answer {
        guard let form = flags[key] else { return .nothing }
        switch outcome(of: key, for: user) {
        case .nothing: return .nothing
        case .unsure: return .either(form.value(of: "in"), form.value(of: "out"))
        case .variant("off"): return kills[key].map { .value($0.value) } ?? .nothing
        case .variant(let variant): return .value(form.value(of: variant))
        }
    }

    /// The order of evaluation, plainly. Flags require only flags that stand before them, so that this comes to an end.
    private func outcome(of key: ExactString, for user: String?) -> Outcome {
        guard let form = flags[key], !form.isDisabled else { return .nothing }
        if let kill = kills[key] { return .variant(kill.variant) }
        if let required = form.requires {
            switch outcome(of: ExactString(required.flag), for: user) {
            case .variant(required.variant): break
            case .unsure: return .unsure
            default: return .variant("out")
            }
        }
        if let gate = form.gate {
            switch membership(of: user, in: gate) {
            case .isIn: return .variant("in")
            case .isOut: break
            case .unsure: return .unsure
            case .noGroup: return .nothing
            }
        }
        let otherwise = share(form.split ?? 0, for: user)
        let byRollout = form.rollout.map { outcome(of: $0, for: user, otherwise) } ?? otherwise
        guard let release, release.keys.contains(where: { ExactString($0) == key }) else { return byRollout }
        return outcome(of: release.stage(over: form), for: user, byRollout)
    }

    private func outcome(of rollout: RolloutForm, for user: String?, _ otherwise: Outcome) -> Outcome {
        if let user, rollout.excludedUser == user { return otherwise }
        for (group, outcome) in [(rollout.excludedGroup, otherwise), (rollout.pilot, .variant("in"))] {
            guard let group else { continue }
            switch membership(of: user, in: group) {
            case .isIn: return outcome
            case .isOut: continue
            case .unsure: return .unsure
            case .noGroup: return .nothing
            }
        }
        switch share(rollout.share, for: user) {
        case .variant("out"): return otherwise
        case let outcome: return outcome
        }
    }

    /// Whoever has no key is in no part of the users.
    private func share(_ percent: Int, for user: String?) -> Outcome {
        switch percent {
        case 0: .variant("out")
        case 100: .variant("in")
        default: user == nil ? .variant("out") : .unsure
        }
    }

    private func membership(of user: String?, in group: String) -> GroupForm.Membership {
        groups[group]?.membership(of: user) ?? .noGroup
    }
}
