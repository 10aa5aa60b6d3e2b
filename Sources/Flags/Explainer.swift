import JSON

/// Walks the path that an evaluation takes through a flag, asking the evaluator for the value of each part.
struct Explainer {
    typealias Step = Explanation.Step

    /// Of all parts together.
    static let mostSteps = 4 * Work.mostSteps

    let flags: FlagSet
    let context: EvaluationContext
    let unixSeconds: Int64
    let stepsLeft: UnsafeMutablePointer<Int>

    func steps(of flag: CompiledFlag) -> [Step] {
        let definition = flag.definition
        if let (floor, before) = flag.before(for: flags.identity) { return [step(for: floor, before)] }
        guard definition.state == .enabled else {
            return [Step(what: "state", result: "DISABLED", detail: "the caller's own default is used")]
        }
        if let kill = flag.kill {
            return [Step(what: "killed", result: .string(kill.variant), detail: "for everyone, ahead of all rules")]
        }
        if let component = flag.component { return steps(of: component, flag) }
        var steps: [Step] = []
        for prerequisite in definition.prerequisites {
            let step = self.step(for: prerequisite)
            steps.append(step)
            guard step.result == .string(prerequisite.variant) else { return steps + [byDefault(definition)] }
        }
        if definition.hasTargeting, let targeting = definition.targeting {
            let part = Part(explainer: self, flagKey: definition.key)
            var step = part.step(for: targeting)
            step = Step(what: "targeting", result: step.result, detail: step.detail, children: [step])
            steps.append(step)
            guard step.result == .null, part.value(of: targeting).fault == nil else { return steps }
        }
        if let stage = flag.layers.release {
            let step = self.step(for: stage, of: flag)
            steps.append(step)
            guard step.result == .null, step.detail == nil else { return steps }
        }
        if let rollout = definition.rollout {
            let step = self.step(for: rollout, flagKey: definition.key)
            steps.append(step)
            // With a detail of its own it has failed.
            guard step.result == .null, step.detail == nil else { return steps }
        }
        return steps + [byDefault(definition)]
    }

    private func byDefault(_ definition: FlagDefinition) -> Step {
        guard let variant = definition.defaultVariant else {
            return Step(what: "default variant", result: .null, detail: "the flag has none: the caller's own is used")
        }
        return Step(what: "default variant", result: .string(variant))
    }

    private func step(for prerequisite: FlagVariant) -> Step {
        let component = ComponentKey.component(of: prerequisite.flag)
        let what = "requires \(prerequisite.variant) of \(component ?? prerequisite.flag)"
        guard stepsLeft.pointee > 0 else { return Step(what: what, detail: "not looked at: it takes too long") }
        stepsLeft.pointee &-= Work.prerequisiteSteps
        guard let flag = flags.flag(prerequisite.flag) else {
            return Step(
                what: what, result: .null, detail: "there is no such \(component == nil ? "flag" : "component")")
        }
        let answer = flag.evaluate(context, unixSeconds: unixSeconds, in: flags, steps: stepsLeft)
        let isMet = answer.variant.map { $0.isExactly(prerequisite.variant) } ?? false
        return Step(
            what: what, result: answer.variant.map { .string($0) } ?? .null, detail: isMet ? "met" : "not met",
            children: stepsLeft.pointee > 0 ? steps(of: flag) : [])
    }

    // MARK: Components

    private func steps(of component: ComponentDefinition, _ flag: CompiledFlag) -> [Step] {
        let part = Part(explainer: self, flagKey: flag.definition.key)
        var steps: [Step] = []
        for line in component.pilots {
            var step = part.step(for: ["in_pilot": .string(line.pilot)])
            let isIn = step.result == .bool(true)
            step.what = "in pilot group \(line.pilot)"
            if isIn {
                let served = component.served(line.version)
                let retired = served == line.version ? "" : ": retired, \(served) is served"
                step.detail = [step.detail, "which gets \(line.version)\(retired)"].compactMap { $0 }
                    .joined(separator: "; ")
            }
            steps.append(step)
            // Whatever is neither true nor false has failed.
            guard step.result == .bool(false) else { return steps }
        }
        if let stage = flag.layers.release {
            let step = self.step(for: stage, of: flag)
            steps.append(step)
            guard step.result == .null, step.detail == nil else { return steps }
        }
        if var rollout = component.rollout {
            rollout.variant = component.served(rollout.variant)
            let step = step(for: rollout, flagKey: "rollout:\(ComponentKey.salt(of: component.name))")
            steps.append(step)
            guard step.result == .null, step.detail == nil else { return steps }
        }
        if let split = component.splitTargeting {
            var step = part.step(for: split)
            step.what = "split" + (component.bucketBy.map { ", by \($0)" } ?? "")
            step.children = []
            if case .string = split { step.detail = "all of it" }
            steps.append(step)
            guard step.result == .null else { return steps }
        }
        return steps + [Step(what: "default version", result: .string(component.defaultVersion))]
    }

    // MARK: Releases

    private func step(for floor: ReleaseFloor, _ before: CompiledFlag) -> Step {
        let unmet = floor.requires.filter { !$0.isMet(by: flags.identity) }.map(\.text).joined(separator: ", ")
        return Step(
            what: "as before the release \(floor.release)",
            detail: "it requires \(unmet), and this agent runs \(flags.identity.version)",
            children: steps(of: before))
    }

    /// As it is evaluated: its requirements and its opening, then the stage as a rollout.
    private func step(for stage: CompiledStage, of flag: CompiledFlag) -> Step {
        let part = Part(explainer: self, flagKey: flag.definition.key)
        let result = part.value(of: stage.targeting(over: flag.forms))
        var children: [Step] = []
        func holds(_ what: String, _ question: JSONValue, otherwise: String) -> Bool {
            let isTrue = part.value(of: question).json == .bool(true)
            children.append(Step(what: what, result: .bool(isTrue), detail: isTrue ? nil : otherwise))
            return isTrue
        }
        let identity = flags.identity
        let isOpen =
            stage.release.requires.allSatisfy {
                holds("requires \($0.text)", $0.expression, otherwise: "this agent runs \(identity.version)")
            }
            && stage.release.opens.map {
                holds("opened at \($0) (seconds since 1970)", StagedRelease.hasOpened($0), otherwise: "not yet")
            } ?? true
        if isOpen {
            var rollout = stage.release.rollout(of: stage.variant)
            rollout.exclude = stage.exclusion(over: flag.forms)
            children += step(for: rollout, flagKey: flag.definition.key).children
        }
        return Step(
            what: "release \(stage.name), which brings \(stage.variant)", result: result.json, detail: result.fault,
            children: children)
    }

    // MARK: Rollouts

    private func step(for rollout: Rollout, flagKey: String) -> Step {
        let part = Part(explainer: self, flagKey: flagKey)
        let result = part.value(of: rollout.targeting(flagKey: flagKey))
        var children: [Step] = []
        func ask(_ what: String, _ question: JSONValue) -> Bool {
            var step = part.step(for: question)
            step.what = what
            step.children = []
            children.append(step)
            return step.result == .bool(true)
        }
        let isDecided =
            (!rollout.exclude.users.isEmpty
                && ask(
                    "excluded by name",
                    ["in": [["var": "targetingKey"], .array(rollout.exclude.users.map { .string($0) })]]))
            || rollout.exclude.pilots.contains { ask("excluded with \($0)", ["in_pilot": .string($0)]) }
            || rollout.pilots.contains { ask("in pilot group \($0)", ["in_pilot": .string($0)]) }
        if !isDecided {
            let share = rollout.share.percentage(at: unixSeconds)
            var alone = rollout
            alone.share = .fixed(share)
            alone.pilots = []
            alone.exclude = Rollout.Exclusion()
            var step = part.step(for: alone.targeting(flagKey: flagKey))
            step.what = "within \(share.text) of everybody" + (rollout.bucketBy.map { ", by \($0)" } ?? "")
            step.result = .bool(step.result != .null)
            step.detail = step.detail ?? step.children.lazy.compactMap(\.detail).first
            step.children = []
            if case .ramp(let ramp) = rollout.share {
                let text = "\(ramp.from.text) → \(ramp.to.text) until \(ramp.end) (seconds since 1970)"
                step.detail = [step.detail, text].compactMap { $0 }.joined(separator: "; ")
            }
            children.append(step)
        }
        return Step(
            what: "rollout of \(rollout.variant)", result: result.json, detail: result.fault, children: children)
    }
}
