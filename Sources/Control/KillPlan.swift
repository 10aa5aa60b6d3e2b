import Flags
import JSON
import Replication

/// What killing a flag or a component, or lifting its kill, comes to. A kill is an entry of its own kind: whatever else
/// changes, it stays until it is lifted or what it is of is deleted.
enum KillPlan {
    /// - Parameters:
    ///   - key: the flag key.
    ///   - variant: what everyone is to get; nil for the off variant, or the default variant where there is none.
    static func kill(
        _ key: String, serving variant: String?, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let target = try KillTarget(key, in: state.log.staged)
        let name = if let variant { variant } else { try target.usual() }
        let kill = Kill(variant: name, value: try target.value(of: name))
        let earlier = StoredFlag.kill(of: key, in: state.log.staged)
        var plan = ChangePlan()
        if let earlier, earlier.variant.isExactly(name) {
            plan.warn(of: key, "is killed already, and serves \(name)")
            return plan
        }
        plan.changes = [.put(EntryKey(.kill, key), kill.storedBytes)]
        plan.diff = [.killed(key, earlier?.json, kill.json)]
        if target.isDisabled {
            plan.warn(
                of: key, "is disabled: the kill changes no answer now, and serves \(name) once the flag is enabled")
        } else if earlier == nil, state.owner(of: key) == nil, target.everyone?.isExactly(name) == true {
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

/// What a kill asks of the flag or component that it is of.
private struct KillTarget {
    private let subject: Subject
    private let variants: JSONObject
    private let off: String?
    let isDisabled: Bool
    /// What everyone gets without a kill; nil where that differs, or is nothing.
    let everyone: String?
    private let component: ComponentDefinition?

    init(_ key: String, in state: ReplicatedState) throws(Refusal) {
        subject = Subject(key)
        if let name = ComponentKey.component(of: key) {
            let found = try StoredFlag.definition(ofComponent: name, in: state)
            component = found
            variants = JSONObject(members: found.versions.map { .init(key: $0.name, value: .string($0.name)) })
            off = found.defaultVersion
            isDisabled = false
            everyone = found.hasRules ? nil : found.defaultVersion
        } else {
            let flag = try StoredFlag.definition(of: key, in: state)
            component = nil
            variants = flag.variants
            off = flag.offVariant ?? flag.defaultVariant
            isDisabled = flag.state == .disabled
            everyone = flag.hasRules ? nil : flag.defaultVariant
        }
    }

    /// What it serves where nothing is named.
    func usual() throws(Refusal) -> String {
        guard let off else {
            throw Refusal(
                .invalid, "No variant to serve",
                detail: "\(subject.title) has neither an off variant nor a default variant",
                hint: "name what it shall serve with --to VARIANT, one of " + variants.keys.joined(separator: ", "))
        }
        return off
    }

    func value(of name: String) throws(Refusal) -> JSONValue {
        guard let value = variants[name] else {
            throw .noSuchVariant(name, of: subject, among: variants.keys)
        }
        if let component, component.version(name)?.state == .retired { throw .retired(name, of: component) }
        return value
    }
}

extension ChangePlan {
    /// Takes away the kill of a flag or a component, if there is one.
    mutating func lift(killOf key: String, _ state: EnvironmentState) {
        let entry = EntryKey(.kill, key)
        guard let bytes = state.log.staged.bytes(of: entry) else { return }
        changes.append(.delete(entry))
        diff.append(.unkilled(key, StoredFlag.json(bytes)))
    }

    /// Says something of a flag or a component which its author may not have meant.
    mutating func warn(of key: String, _ message: String, hint: String? = nil) {
        warnings.append(
            PlacedProblem(document: ComponentKey.title(of: key), message: message, hint: hint, severity: .warning))
    }

    mutating func warn(of key: String, _ conflicts: [PlanConflict]) {
        for conflict in conflicts { warn(of: key, conflict.message, hint: conflict.hint) }
    }

    /// Says so where a change of the rules reaches nobody for now.
    mutating func warnIfKilled(_ key: String, _ state: EnvironmentState) {
        guard let kill = StoredFlag.kill(of: key, in: state.log.staged) else { return }
        warn(of: key, "is killed: everyone gets \(kill.variant) until it is unkilled")
    }
}

extension DiffLine {
    /// - Parameter key: the flag key.
    static func killed(_ key: String, _ before: JSONValue?, _ after: JSONValue) -> DiffLine {
        let subject = Subject(key)
        return DiffLine(
            operation: before == nil ? .add : .change, kind: subject.killKind, key: subject.name, before: before,
            after: after, detail: "killed, serves \(after["variant"]?.stringValue ?? "none")")
    }

    static func unkilled(_ key: String, _ before: JSONValue) -> DiffLine {
        let subject = Subject(key)
        return DiffLine(
            operation: .remove, kind: subject.killKind, key: subject.name, before: before, after: nil,
            detail: "no longer killed")
    }
}
