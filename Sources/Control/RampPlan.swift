import Flags
import HashTreeCollections
import JSON
import Replication

/// What a ramp comes to: the flag with another rollout.
enum RampPlan {
    static func make(_ key: String, _ request: RampRequest, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        let before = try StoredFlag.definition(of: key, in: state.log.staged)
        var after = before
        let rollout = try rollout(of: before, request, state)
        after.rollout = rollout
        if let off = request.offVariant {
            guard before.variants[off] != nil else { throw .noSuchVariant(off, of: before) }
            after.offVariant = off
        } else if before.rollout == nil, before.offVariant == nil {
            // What a kill will serve must not move when the default variant later does.
            after.offVariant = before.defaultVariant
        }
        try check(after, instead: before, state)
        var plan = ChangePlan()
        plan.bring(flag: key, after.storedBytes, uses: FlagReferences.entries(in: after.json), state)
        if after.state == .disabled { plan.warn(of: key, "is disabled: the ramp reaches nobody until it is enabled") }
        if let kill = StoredFlag.kill(of: key, in: state.log.staged) {
            plan.warn(of: key, "is killed: everyone gets \(kill.variant) until it is unkilled")
        }
        if after.defaultVariant?.isExactly(rollout.variant) == true {
            plan.warn(of: key, "serves \(rollout.variant) by default already: the rollout changes nobody's answer")
        }
        return plan
    }

    private static func rollout(
        of flag: FlagDefinition, _ request: RampRequest, _ state: EnvironmentState
    ) throws(Refusal) -> Rollout {
        guard let variant = request.variant ?? flag.rollout?.variant else {
            throw Refusal(
                .invalid, "Which variant?", detail: "flag \"\(flag.key)\" has no rollout yet, and no variant is named",
                hint: "name the variant that users are to get, one of " + flag.variants.keys.joined(separator: ", "))
        }
        guard flag.variants[variant] != nil else { throw .noSuchVariant(variant, of: flag) }
        var rollout = flag.rollout ?? Rollout(variant: variant)
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

    /// Every rule that holds for flags in documents holds here. What was wrong with the flag `before` is no reason: it was
    /// let through knowingly.
    private static func check(
        _ flag: FlagDefinition, instead before: FlagDefinition, _ state: EnvironmentState
    ) throws(Refusal) {
        let known = Set(problems(of: before, state))
        let new = problems(of: flag, state).filter { $0.severity == .error && !known.contains($0) }
        guard !new.isEmpty else { return }
        throw Refusal(
            .invalid, "Ramp refused",
            detail: "flag \"\(flag.key)\" can't be ramped so: \(Refusal.count(new.count)); nothing was changed",
            hint: "correct what is listed and try again",
            problems: new.map { PlacedProblem($0, in: "flag \"\(flag.key)\"") })
    }

    private static func problems(of flag: FlagDefinition, _ state: EnvironmentState) -> [Problem] {
        var problems: [Problem] = []
        _ = FlagDefinition.read(
            key: flag.key, flag.json, at: JSONPointer(), lenient: false,
            knownPilots: { state.log.staged.entries[EntryKey(.pilot, $0)] != nil }, problems: &problems)
        return problems
    }
}
