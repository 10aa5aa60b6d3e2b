import Flags
import JSON
import Replication

/// What killing a flag, or lifting its kill, comes to. A kill is an entry of its own kind: whatever else changes, it stays
/// until it is lifted or its flag is deleted.
enum KillPlan {
    /// - Parameter variant: what everyone is to get; nil for the off variant, or the default variant where there is none.
    static func kill(
        _ key: String, serving variant: String?, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let flag = try StoredFlag.definition(of: key, in: state.log.staged)
        guard let name = variant ?? flag.offVariant ?? flag.defaultVariant else {
            throw Refusal(
                .invalid, "No variant to serve",
                detail: "flag \"\(key)\" has neither an off variant nor a default variant",
                hint: "name what it shall serve with --to VARIANT, one of " + flag.variants.keys.joined(separator: ", ")
            )
        }
        guard let value = flag.variants[name] else { throw .noSuchVariant(name, of: flag) }
        let kill = Kill(variant: name, value: value)
        let earlier = StoredFlag.kill(of: key, in: state.log.staged)
        var plan = ChangePlan()
        if let earlier, earlier.variant.isExactly(name) {
            plan.warn(of: key, "is killed already, and serves \(name)")
            return plan
        }
        plan.changes = [.put(EntryKey(.kill, key), kill.storedBytes)]
        plan.diff = [.killed(key, earlier?.json, kill.json)]
        if flag.state == .disabled {
            plan.warn(
                of: key, "is disabled: the kill changes no answer now, and serves \(name) once the flag is enabled")
        } else if earlier == nil, !flag.hasRules, flag.defaultVariant?.isExactly(name) == true {
            plan.warn(of: key, "gives everyone \(name) already: the kill changes no answer now")
        }
        return plan
    }

    static func unkill(_ key: String, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        let staged = state.log.staged
        var plan = ChangePlan()
        guard staged.bytes(of: EntryKey(.kill, key)) != nil else {
            _ = try StoredFlag.json(of: key, in: staged)
            plan.warn(of: key, "isn't killed")
            return plan
        }
        plan.lift(killOf: key, state)
        return plan
    }
}

extension ChangePlan {
    /// Takes away a flag's kill, if there is one.
    mutating func lift(killOf key: String, _ state: EnvironmentState) {
        let entry = EntryKey(.kill, key)
        guard let bytes = state.log.staged.bytes(of: entry) else { return }
        changes.append(.delete(entry))
        diff.append(.unkilled(key, StoredFlag.json(bytes)))
    }

    /// Says something of a flag which its author may not have meant.
    mutating func warn(of key: String, _ message: String, hint: String? = nil) {
        warnings.append(
            PlacedProblem(document: "flag \"\(key)\"", message: message, hint: hint, severity: .warning))
    }
}

extension DiffLine {
    static func killed(_ key: String, _ before: JSONValue?, _ after: JSONValue) -> DiffLine {
        DiffLine(
            operation: before == nil ? .add : .change, kind: "kill", key: key, before: before, after: after,
            detail: "killed, serves \(after["variant"]?.stringValue ?? "none")")
    }

    static func unkilled(_ key: String, _ before: JSONValue) -> DiffLine {
        DiffLine(operation: .remove, kind: "kill", key: key, before: before, after: nil, detail: "no longer killed")
    }
}
