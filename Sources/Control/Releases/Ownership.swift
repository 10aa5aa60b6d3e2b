import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// While a release is armed, runs or is held, nothing but itself changes what it changes. The one place that says so.
extension ChangePlan {
    func checkOwnership(_ state: EnvironmentState) throws(Refusal) {
        guard !state.releases.isEmpty else { return }
        let touched = changes.map(\.key) + (needsConfirmation ? prunable : [])
        try checkSubjects(touched.compactMap(\.flagKey), state)
        let dropped = changes.compactMap { change -> String? in
            if case .delete(let key) = change, key.kind == .pilot { key.name } else { nil }
        }
        try checkPilots(dropped + (needsConfirmation ? prunable.filter { $0.kind == .pilot }.map(\.name) : []), state)
    }

    private func checkSubjects(_ flags: [String], _ state: EnvironmentState) throws(Refusal) {
        guard !state.owners.isEmpty else { return }
        let owned = Set(flags.map { ExactString($0) }).sorted().map(\.text).compactMap { flag in
            state.owner(of: flag).flatMap { $0.name == release ? nil : (flag: flag, owner: $0) }
        }
        guard let first = owned.first else { return }
        let owner = first.owner
        let others = owned.dropFirst().map { "\(Subject($0.flag).title) (\($0.owner.name))" }
        throw Refusal(
            .conflict, "Being released",
            detail: "\(Subject(first.flag).title) belongs to release \"\(owner.name)\", which is "
                + "\(owner.state.rawValue): nothing else may change it meanwhile, but kill and unkill"
                + (others.isEmpty ? "" : "; so do \(others.joined(separator: ", "))") + "; nothing was changed",
            hint: "see where it stands: `pilotlight release show \(owner.name)`; launch it or roll it back first",
            members: [
                "release": .string(owner.name), "state": .string(owner.state.rawValue),
                "conflicts": .array(owned.map { .string(Subject($0.flag).title) }),
            ])
    }

    /// Groups that a stage gives, or will give, the release to.
    private func checkPilots(_ pilots: [String], _ state: EnvironmentState) throws(Refusal) {
        guard !pilots.isEmpty else { return }
        let users = state.releases.values.filter { $0.state.isActive || $0.state == .scheduled }
            .sorted { $0.name.precedesInBytes($1.name) }
        for pilot in pilots {
            guard let user = users.first(where: { $0.plan.pilotsNamed.contains(pilot) }) else { continue }
            throw Refusal(
                .conflict, "Pilot group is in use",
                detail: "release \"\(user.name)\", which is \(user.state.rawValue), names \"\(pilot)\"",
                hint: "see where it stands: `pilotlight release show \(user.name)`; its members may be changed",
                members: ["release": .string(user.name), "state": .string(user.state.rawValue)])
        }
    }
}
