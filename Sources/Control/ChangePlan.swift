import Flags
import HashTreeCollections
import JSON
import Replication

/// What a request comes to on a given state: the steps, and what to say of them. Pure; where the request can't be done it
/// is refused with everything that is wrong.
struct ChangePlan: Sendable {
    var changes: [EntryChange] = []
    var created: [EntryKey] = []
    var deleted: [EntryKey] = []
    /// Flags and components whose definition was put, by flag key, with what they refer to.
    var references: [(flag: String, uses: Set<EntryKey>)] = []
    /// What was created belongs to this set.
    var set: String?
    var diff: [DiffLine] = []
    var warnings: [PlacedProblem] = []
    var prunable: [EntryKey] = []
    var needsConfirmation = false
    var changedMembers = 0
    /// What control keeps for itself, and what it tells the world: stored with the changes, or without any.
    var records: [RecordChange] = []
    var announcements: [StoredAnnouncement] = []
    /// Why it is done, where the request doesn't say.
    var why = ""
    /// The release on whose behalf it is made: that one may change what it owns.
    var release: String?

    /// Nothing is to be stored.
    var isEmpty: Bool { changes.isEmpty && records.isEmpty && announcements.isEmpty }

    /// `state.log.staged` is what the request meets.
    static func make(
        _ kind: ChangeRequest.Kind, on state: EnvironmentState, _ circumstances: Circumstances = Circumstances()
    ) throws(Refusal) -> ChangePlan {
        var plan = try draft(kind, on: state, circumstances)
        try plan.checkOwnership(state)
        try plan.checkFloors(state)
        plan.dropFloors(state)
        plan.holdKilled(state, circumstances)
        return plan
    }

    private static func draft(
        _ kind: ChangeRequest.Kind, on state: EnvironmentState, _ circumstances: Circumstances
    ) throws(Refusal) -> ChangePlan {
        switch kind {
        case .apply(let request): try ApplyPlan.make(request, on: state)
        case .setDefault(let flag, let variant): try setDefault(flag, variant, state)
        case .setState(let flag, let enabled): try setState(flag, enabled, state)
        case .deleteFlag(let flag): try deleteFlag(flag, state)
        case .ramp(let flag, let request): try RampPlan.make(flag, request, on: state)
        case .kill(let flag, let variant): try KillPlan.kill(flag, serving: variant, on: state)
        case .unkill(let flag): try KillPlan.unkill(flag, on: state)
        case .createComponent(let name, let version): try ComponentPlan.create(name, version, on: state)
        case .editComponent(let name, let edit): try ComponentPlan.edit(name, edit, on: state)
        case .putVersion(let name, let version): try ComponentPlan.put(version, of: name, on: state)
        case .retireVersion(let name, let version): try ComponentPlan.retire(version, of: name, on: state)
        case .createPilot(let name, let terms): try PilotPlan.create(name, terms, on: state)
        case .editPilot(let name, let terms): try PilotPlan.edit(name, terms, on: state)
        case .deletePilot(let name): try PilotPlan.delete(name, on: state)
        case .addMembers(let pilot, let members): try PilotPlan.add(members, to: pilot, on: state)
        case .removeMembers(let pilot, let members): try PilotPlan.remove(members, from: pilot, on: state)
        case .rollback(let request): try RollbackPlan.make(request, on: state)
        case .promote(let request): try PromotePlan.make(request, on: state)
        case .putDeployment(let deployment): try DeploymentPlan.put(deployment, on: state)
        case .checkDeployment(let asked, let check):
            try DeploymentPlan.take(check, of: asked, on: state, circumstances)
        case .retireDeployment(let component, let version, let place):
            try DeploymentPlan.retire(component, version, in: place, on: state, circumstances)
        case .putFreeze(let window): ChangePlan(records: [.freeze(window)])
        case .removeFreeze(let name): try FreezePlan.remove(name, on: state)
        case .createRelease(let plan, let id, let replace):
            try ReleasePlanning.create(plan, id: id, replace: replace, on: state, circumstances)
        case .deleteRelease(let name): try ReleaseDeletion.plan(name, on: state)
        case .release(let name, let event): try ReleasePlanning.make(event, of: name, on: state, circumstances)
        case .keepRelease(let name): try ReleasePlanning.keep(name, on: state, circumstances)
        }
    }

    // MARK: Flags

    private static func setDefault(
        _ key: String, _ variant: String, _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let flag = try StoredFlag.definition(of: key, in: state.log.staged)
        guard flag.variants[variant] != nil else { throw .noSuchVariant(variant, of: flag) }
        return edit(key, try StoredFlag.json(of: key, in: state.log.staged), "defaultVariant", .string(variant))
    }

    private static func setState(
        _ key: String, _ enabled: Bool, _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let before = try StoredFlag.json(of: key, in: state.log.staged)
        return edit(key, before, "state", .string(enabled ? "ENABLED" : "DISABLED"))
    }

    private static func edit(_ key: String, _ before: JSONValue, _ member: String, _ value: JSONValue) -> ChangePlan {
        var plan = ChangePlan()
        guard before[member] != value, var object = before.objectValue else { return plan }
        object[member] = value
        let after = JSONValue.object(object)
        plan.changes = [.put(EntryKey(.flag, key), after.canonicalBytes())]
        plan.diff = [.changed(flag: key, before, after)]
        return plan
    }

    /// Its kill goes with it.
    private static func deleteFlag(_ key: String, _ state: EnvironmentState) throws(Refusal) -> ChangePlan {
        _ = try StoredFlag.json(of: key, in: state.log.staged)
        let flags = state.references.flags(requiring: key)
        guard flags.isEmpty else {
            let subject = Subject(key)
            let name = subject.entry.kind == .flag ? "\"\(key)\"" : subject.title
            throw Refusal(
                .conflict, "\(subject.heading) is required",
                detail: flags.count == 1
                    ? "flag \"\(flags[0])\" requires \(name)"
                    : "\(flags.count) flags require \(name): \(flags.joined(separator: ", "))",
                hint: "take it out of their prerequisites, or delete them, first",
                members: ["flags": .array(flags.map { .string($0) })])
        }
        var plan = ChangePlan()
        plan.drop(EntryKey(deciding: key), state)
        plan.lift(killOf: key, state)
        return plan
    }
}
