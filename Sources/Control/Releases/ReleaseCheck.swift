import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// What of a release plan doesn't fit the flags, components and pilot groups that there are.
enum ReleaseCheck {
    /// Places are from the plan on.
    static func problems(of plan: ReleasePlan, on state: EnvironmentState) -> [Problem] {
        var problems: [Problem] = []
        for (index, change) in plan.changes.enumerated() {
            let place = JSONPointer(tokens: ["changes", "\(index)"])
            if let problem = problem(of: change, at: place, on: state) { problems.append(problem) }
        }
        for (index, stage) in plan.stages.enumerated() {
            problems += unknown(stage.pilots, at: JSONPointer(tokens: ["stages", "\(index)", "pilots"]), on: state)
        }
        return problems + unknown(plan.exclude.pilots, at: JSONPointer(tokens: ["exclude", "pilots"]), on: state)
    }

    /// What isn't there of what a plan names that can't be read in all, but for where something is wrong with it already.
    static func problems(
        ofReadable plan: JSONValue, besides found: [Problem], on state: EnvironmentState
    ) -> [Problem] {
        var problems: [Problem] = []
        for (index, json) in (plan["changes"]?.arrayValue ?? []).enumerated() {
            let place = JSONPointer(tokens: ["changes", "\(index)"])
            guard let change = FlagVariant(json), let problem = problem(of: change, at: place, on: state) else {
                continue
            }
            problems.append(problem)
        }
        func add(_ json: JSONValue?, at place: JSONPointer) {
            let names = json?.arrayValue?.map { $0.stringValue } ?? []
            for (index, name) in names.enumerated() {
                guard let name, state.log.staged.entries[EntryKey(.pilot, name)] == nil else { continue }
                let refusal = Refusal.unknownPilot(name, in: state.log.staged)
                problems.append(
                    Problem(
                        severity: .error, pointer: place.appending(index), message: refusal.detail,
                        hint: refusal.hint))
            }
        }
        for (index, stage) in (plan["stages"]?.arrayValue ?? []).enumerated() {
            add(stage["pilots"], at: JSONPointer(tokens: ["stages", "\(index)", "pilots"]))
        }
        add(plan["exclude"]?["pilots"], at: JSONPointer(tokens: ["exclude", "pilots"]))
        return problems.filter { problem in
            !found.contains { $0.severity == .error && $0.pointer.tokens.starts(with: problem.pointer.tokens) }
        }
    }

    /// What its author may not have meant: a time that is over, a flag that is disabled, a change that changes nothing.
    static func warnings(
        of plan: ReleasePlan, on state: EnvironmentState, at time: ReleaseTime
    ) -> [PlacedProblem] {
        var warnings: [PlacedProblem] = []
        if let opens = plan.opens, opens * 1_000 <= time.wall {
            warnings.append(
                PlacedProblem(
                    document: "release \(plan.name)", pointer: "/opens",
                    message: "the opening time \(Timestamp.text(seconds: opens)) is over",
                    hint: "start it with --opens and a time to come, or with --now", severity: .warning))
        }
        for change in plan.changes {
            guard let bytes = state.log.staged.bytes(of: EntryKey(deciding: change.flag)) else { continue }
            let definition = StoredFlag.json(bytes)
            for (message, hint) in doubts(of: change, in: definition) {
                warnings.append(
                    PlacedProblem(
                        document: ComponentKey.title(of: change.flag), message: message, hint: hint,
                        severity: .warning))
            }
        }
        return warnings
    }

    private static func doubts(
        of change: FlagVariant, in definition: JSONValue
    ) -> [(message: String, hint: String)] {
        var doubts: [(String, String)] = []
        if definition["state"]?.stringValue == FlagDefinition.State.disabled.rawValue {
            doubts.append(("is disabled: the release can't start until it is enabled", "enable it with apply"))
        }
        let isComponent = ComponentKey.isComponent(change.flag)
        let usual = definition[isComponent ? "defaultVersion" : "defaultVariant"]?.stringValue
        let others = isComponent ? ["rollout", "split", "pilots"] : ["rollout", "targeting"]
        if usual?.isExactly(change.variant) == true, others.allSatisfy({ definition[$0] == nil }) {
            doubts.append(
                (
                    "gives everyone \(change.variant) by default already: the release changes nobody's answer",
                    "name another \(isComponent ? "version" : "variant"), or leave it out"
                ))
        }
        return doubts
    }

    /// What else keeps the definitions of its subjects that are there from being released: a sentence for each.
    static func faults(of plan: ReleasePlan, on state: EnvironmentState) -> [String] {
        plan.changes.compactMap { change in
            guard let bytes = state.log.staged.bytes(of: EntryKey(deciding: change.flag)) else { return nil }
            return unreached(change, StoredFlag.json(bytes), on: state).map {
                "\(ComponentKey.title(of: change.flag)): \($0.message)"
            }
        }
    }

    /// A stage reaches whom a rollout would reach: nobody, where targeting never gives null.
    private static func unreached(
        _ change: FlagVariant, _ definition: JSONValue, on state: EnvironmentState
    ) -> Problem? {
        guard definition[Subject(change.flag).variants]?[change.variant] != nil else { return nil }
        let check = DefinitionCheck(change.flag, on: state)
        let known = Set(check.problems(of: definition.laid(rollout: nil)))
        let staged = definition.laid(rollout: ["variant": .string(change.variant), "percentage": 100])
        return check.problems(of: staged).first { $0.severity == .error && !known.contains($0) }
    }

    private static func problem(
        of change: FlagVariant, at place: JSONPointer, on state: EnvironmentState
    ) -> Problem? {
        let subject = Subject(change.flag)
        func problem(_ message: String, _ hint: String?) -> Problem {
            Problem(severity: .error, pointer: place, message: message, hint: hint)
        }
        let definition: JSONValue
        do throws(Refusal) {
            definition = try StoredFlag.json(of: change.flag, in: state.log.staged)
        } catch {
            return problem(error.detail, error.hint)
        }
        let variants = definition[subject.variants]?.objectValue ?? [:]
        guard let variant = variants[change.variant] else {
            let refusal = Refusal.noSuchVariant(change.variant, of: subject, among: variants.keys)
            return problem(refusal.detail, refusal.hint)
        }
        guard !subject.isRetired(variant) else {
            return problem(
                "version \"\(change.variant)\" of \(subject.title) is retired",
                "bring it back first: pilotlight component add-version \(subject.name) \(change.variant)")
        }
        return unreached(change, definition, on: state).map { problem("\(subject.title): \($0.message)", $0.hint) }
    }

    private static func unknown(
        _ pilots: [String], at place: JSONPointer, on state: EnvironmentState
    ) -> [Problem] {
        pilots.enumerated().filter { state.log.staged.entries[EntryKey(.pilot, $0.element)] == nil }.map {
            let refusal = Refusal.unknownPilot($0.element, in: state.log.staged)
            return Problem(
                severity: .error, pointer: place.appending($0.offset), message: refusal.detail, hint: refusal.hint)
        }
    }
}

extension JSONValue {
    /// A definition with another rollout, or with none.
    fileprivate func laid(rollout: JSONValue?) -> JSONValue {
        guard var object = objectValue else { return self }
        object["rollout"] = rollout
        return .object(object)
    }
}
