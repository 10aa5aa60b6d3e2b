import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// What asking something of a release comes to, and what a release does by itself.
enum ReleasePlanning {
    /// A release in its first state. Everything that it names has to be there.
    ///
    /// - Parameter replace: whether it may take the place of a draft.
    static func create(
        _ plan: ReleasePlan, id: String, replace: Bool, on state: EnvironmentState, _ circumstances: Circumstances
    ) throws(Refusal) -> ChangePlan {
        if let there = state.releases[plan.name] { try check(replacing: there, replace) }
        let problems = ReleaseCheck.problems(of: plan, on: state)
        guard problems.isEmpty else {
            throw Refusal(
                .invalid, "Release refused", detail: "\(Refusal.count(problems.count)); nothing was changed",
                hint: "correct what is listed and create it again",
                problems: problems.map { PlacedProblem($0, in: "release \(plan.name)") })
        }
        var change = ChangePlan(records: [
            .release(
                Release(
                    plan, id: id, at: circumstances.time, by: circumstances.actor, why: circumstances.message))
        ])
        change.warnOfPrerequisites(plan, state)
        change.warnings += ReleaseCheck.warnings(of: plan, on: state, at: circumstances.time)
        return change
    }

    private static func check(replacing there: Release, _ replace: Bool) throws(Refusal) {
        let name = there.plan.name
        let hint: String
        switch there.state {
        case .draft:
            guard !replace else { return }
            hint = "put this one in its place with --replace (?replace=true), or choose another name"
        case .cancelled, .rolledBack:
            hint = "choose another name, or free this one: `pilotlight release delete \(name)`"
        case .scheduled, .armed, .running, .held, .launched:
            hint = "choose another name; `pilotlight release show \(name)` shows that one"
        }
        throw Refusal(
            .conflict, "Release exists",
            detail: "there is a release \"\(name)\" already, and it is \(there.state.text)", hint: hint)
    }

    /// What an operator tells a release.
    static func make(
        _ event: ReleaseEvent, of name: String, on state: EnvironmentState, _ circumstances: Circumstances
    ) throws(Refusal) -> ChangePlan {
        guard var release = state.releases[name] else { throw .unknownRelease(name, in: state) }
        let facts = ReleaseFacts(of: release, on: state, circumstances.observe())
        let actions: [ReleaseAction]
        do throws(ReleaseRefusal) {
            actions = try release.receive(
                event, facts, at: circumstances.time, by: circumstances.actor, why: circumstances.message)
        } catch {
            throw Refusal(error, of: release)
        }
        var plan = ChangePlan()
        plan.release = name
        try plan.carryOut(actions, of: release, event.trigger, on: state)
        return plan
    }

    /// What it does by itself now; nothing, more often than not.
    static func keep(
        _ name: String, on state: EnvironmentState, _ circumstances: Circumstances
    ) throws(Refusal) -> ChangePlan {
        guard let release = state.releases[name] else { return ChangePlan() }
        let fleet = circumstances.observe()
        let facts = ReleaseFacts(of: release, on: state, fleet)
        guard let event = release.due(facts, at: circumstances.time) else { return ChangePlan() }
        var settled = circumstances
        settled.observe = { fleet }
        return try make(event, of: name, on: state, settled)
    }
}

extension ChangePlan {
    /// Who doesn't meet them gets the default variant, which a launch makes the released one.
    fileprivate mutating func warnOfPrerequisites(_ plan: ReleasePlan, _ state: EnvironmentState) {
        for change in plan.changes {
            let definition = state.log.staged.bytes(of: EntryKey(deciding: change.flag)).map { StoredFlag.json($0) }
            let required = StoredFlag.prerequisites(in: definition ?? .null)
                .filter { !plan.changes.contains($0) }.map { "\($0.variant) of \(Subject($0.flag).title)" }
            guard !required.isEmpty else { continue }
            warn(
                of: change.flag,
                "requires \(required.joined(separator: ", ")): once it is launched, who doesn't have that gets "
                    + "\"\(change.variant)\" too",
                hint: "take the prerequisite out that is to keep users from it, or release both together")
        }
    }
}

extension Refusal {
    static func unknownRelease(_ name: String, in state: EnvironmentState) -> Refusal {
        Refusal(
            .unknown, "No such release", detail: "there is no release \"\(name)\" in \(state.name)",
            hint: NearestName.hint(
                for: name, among: Array(state.releases.keys), fallback: "`pilotlight release list` shows them all"))
    }

    init(_ refusal: ReleaseRefusal, of release: Release) {
        var members: JSONObject = [
            "release": .string(release.plan.name), "state": .string(release.state.rawValue),
        ]
        if !refusal.agents.isEmpty { members["agents"] = .array(refusal.agents.map { .string($0) }) }
        if !refusal.conflicts.isEmpty { members["conflicts"] = .array(refusal.conflicts.map { .string($0) }) }
        self.init(.conflict, refusal.title, detail: refusal.detail, hint: refusal.hint, members: members)
    }
}
