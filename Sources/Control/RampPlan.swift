import Flags
import HashTreeCollections
import JSON
import Replication

/// What a ramp comes to: the flag, or the component, with another rollout.
enum RampPlan {
    /// - Parameter key: the flag key.
    static func make(_ key: String, _ request: RampRequest, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        if let name = ComponentKey.component(of: key) { return try make(component: name, request, state) }
        let before = try StoredFlag.definition(of: key, in: state.log.staged)
        var after = before
        let rollout = try rollout(of: Subject(key), before.rollout, among: before.variants.keys, request, state)
        after.rollout = rollout
        if let off = request.offVariant {
            guard before.variants[off] != nil else { throw .noSuchVariant(off, of: before) }
            after.offVariant = off
        } else if before.rollout == nil, before.offVariant == nil {
            // What a kill will serve must not move when the default variant later does.
            after.offVariant = before.defaultVariant
        }
        var plan = try plan(key, after.json, instead: before.json, state)
        if after.state == .disabled { plan.warn(of: key, "is disabled: the ramp reaches nobody until it is enabled") }
        warn(of: key, rollout, besides: after.defaultVariant, state, &plan)
        return plan
    }

    private static func make(
        component name: String, _ request: RampRequest, _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let before = try StoredFlag.definition(ofComponent: name, in: state.log.staged)
        let key = ComponentKey.flagKey(of: name)
        var after = before
        let rollout = try rollout(
            of: Subject(key), before.rollout, among: before.versions.map(\.name), request, state)
        guard before.version(rollout.variant)?.state == .active else { throw .retired(rollout.variant, of: before) }
        after.rollout = rollout
        var plan = try plan(key, after.json, instead: before.json, state)
        try VerifiedVersion.check(
            after, instead: before, at: request.time, unchecked: request.unchecked, on: state)
        warn(of: key, rollout, besides: after.defaultVersion, state, &plan)
        return plan
    }

    private static func plan(
        _ key: String, _ after: JSONValue, instead before: JSONValue, _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        try DefinitionCheck(key, on: state).check(after, instead: before, "Ramp refused", "can't be ramped so")
        var plan = ChangePlan()
        plan.bring(flag: key, after.canonicalBytes(), uses: FlagReferences.entries(in: after), state)
        return plan
    }

    private static func warn(
        of key: String, _ rollout: Rollout, besides usual: String?, _ state: EnvironmentState, _ plan: inout ChangePlan
    ) {
        plan.warnIfKilled(key, state)
        // A component's default version is the one of those whom the split gives none.
        guard usual?.isExactly(rollout.variant) == true, !ComponentKey.isComponent(key) else { return }
        plan.warn(of: key, "serves \(rollout.variant) by default already: the rollout changes nobody's answer")
    }

    private static func rollout(
        of subject: Subject, _ before: Rollout?, among variants: [String], _ request: RampRequest,
        _ state: EnvironmentState
    ) throws(Refusal) -> Rollout {
        guard let variant = request.variant ?? before?.variant else {
            throw Refusal(
                .invalid, "Which \(subject.variant)?",
                detail: "\(subject.title) has no rollout yet, and no \(subject.variant) is named",
                hint: "name the \(subject.variant) that users are to get, one of " + variants.joined(separator: ", "))
        }
        guard variants.contains(where: { $0.isExactly(variant) }) else {
            throw .noSuchVariant(variant, of: subject, among: variants)
        }
        var rollout = before ?? Rollout(variant: variant)
        // Nobody has a variant yet that is only now rolled out.
        let share =
            rollout.variant.isExactly(variant) ? rollout.share.percentage(at: request.time) : Percentage.none
        rollout.variant = variant
        rollout.share = try self.share(from: share, request)
        if let pilots = request.pilots { rollout.pilots = pilots }
        if let names = request.exclude { rollout.exclude = exclusion(of: names, state) }
        if let bucketBy = request.bucketBy { rollout.bucketBy = bucketBy.isEmpty ? nil : bucketBy }
        if let salt = request.salt { rollout.salt = salt.isEmpty ? nil : salt }
        return rollout
    }

    private static func share(from share: Percentage, _ request: RampRequest) throws(Refusal) -> Rollout.Share {
        guard let seconds = request.overSeconds else { return .fixed(request.percentage) }
        guard (1...longestSeconds).contains(seconds) else {
            throw Refusal(
                .invalid, "Not a ramp's length", detail: "a ramp can't take \(seconds) seconds",
                hint: "1 second to ten years")
        }
        guard share != request.percentage else { return .fixed(request.percentage) }
        return .ramp(
            TimeRamp(from: share, to: request.percentage, start: request.time, end: request.time + seconds))
    }

    /// Ten years.
    private static let longestSeconds: Int64 = 10 * 366 * 86_400

    /// A name without a kind is a group's where there is such a group.
    private static func exclusion(of names: [String], _ state: EnvironmentState) -> Rollout.Exclusion {
        var exclusion = Rollout.Exclusion()
        for name in names {
            if name.hasPrefix("user:") {
                exclusion.users.append(String(name.dropFirst("user:".count)))
            } else if name.hasPrefix("pilot:") {
                exclusion.pilots.append(String(name.dropFirst("pilot:".count)))
            } else if state.log.staged.entries[EntryKey(.pilot, name)] != nil {
                exclusion.pilots.append(name)
            } else {
                exclusion.users.append(name)
            }
        }
        return exclusion
    }
}
