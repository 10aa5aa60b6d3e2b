import JSON

/// A flag ready to be evaluated. Immutable and shared: a copy of a flag set copies references to these.
package final class CompiledFlag: Keyed, Sendable {
    let key: HashedKey
    let forms: FlagForms
    let layers: FlagLayers
    package var definition: FlagDefinition { forms.definition }
    /// What it was made of, if it is a component.
    package var component: ComponentDefinition? { forms.component }
    package var kill: Kill? { layers.kill }
    /// The pilot groups that its rules, a release's stage and what lies below a floor ask about.
    package let pilotsUsed: Set<String>
    /// Seconds since 1970 at which a time ramp or an opening changes its answers, rising.
    let steps: [Int64]
    /// Whom a floor keeps out answers by this.
    private let floor: (met: CompiledFloor, before: CompiledFlag)?
    /// The answer, if it is the same for everybody.
    private let fixed: Evaluation?
    /// The answers that rules give, made once.
    private let byVariant: [Evaluation]
    private let byDefault: Evaluation
    private let decision: Decision

    init(_ forms: FlagForms, _ layers: FlagLayers) {
        let definition = forms.definition
        let component = forms.component
        func metadata(of variant: String) -> JSONObject {
            component?.metadata(of: variant) ?? definition.metadata
        }
        self.forms = forms
        self.layers = layers
        key = HashedKey(definition.key)
        decision = Self.decision(forms, layers.release)
        byVariant = definition.variants.map {
            Evaluation(
                variant: $0.key, value: $0.value, reason: .targetingMatch, metadata: metadata(of: $0.key))
        }
        /// The default variant; without one no value, and DEFAULT.
        func defaultAnswer(_ reason: Reason) -> Evaluation {
            guard let name = definition.defaultVariant, let value = definition.variants[name] else {
                return Evaluation(reason: .default, metadata: definition.metadata)
            }
            return Evaluation(variant: name, value: value, reason: reason, metadata: metadata(of: name))
        }
        byDefault = defaultAnswer(.default)
        // Disabled or killed is for every agent.
        let isOff = definition.state == .disabled || layers.kill != nil
        floor =
            isOff
            ? nil : layers.floor.map { ($0, CompiledFlag($0.before, FlagLayers(kill: layers.kill, floor: $0.below))) }
        pilotsUsed = forms.pilotsUsed.union(layers.release?.pilotsNamed ?? []).union(floor?.before.pilotsUsed ?? [])
        var steps = Set(floor?.before.steps ?? [])
        if case .ramp(let ramp)? = forms.rollout?.share { steps.formUnion(ramp.steps.map(\.at)) }
        if let opens = layers.release?.release.opens { steps.insert(opens) }
        self.steps = steps.sorted()
        if definition.state == .disabled {
            fixed = Evaluation(reason: .disabled, metadata: definition.metadata)
        } else if let kill = layers.kill {
            let value = definition.variants[kill.variant] ?? kill.value
            fixed = Evaluation(
                variant: kill.variant, value: value, reason: .static, metadata: metadata(of: kill.variant))
        } else if !forms.hasRules, layers.release == nil {
            fixed = defaultAnswer(.static)
        } else {
            fixed = nil
        }
    }

    private static func decision(_ forms: FlagForms, _ release: CompiledStage?) -> Decision {
        let variants = forms.definition.variants
        var decision = Decision.outcome(.none)
        if let split = forms.rules.split { decision = Decision(split, variants: variants) }
        if let rollout = forms.rules.rollout { decision = Decision(rollout, variants: variants).or(decision) }
        // An agent whose form of the flag doesn't have the variant goes on as before.
        if let release, variants[release.variant] != nil {
            let stage = FlagReader.compile(own: release.targeting(over: forms))
            decision = Decision(stage, variants: variants).or(decision)
        }
        if let targeting = forms.rules.targeting { decision = Decision(targeting, variants: variants).or(decision) }
        return decision
    }

    /// The same definition under other layers.
    func under(_ layers: FlagLayers) -> CompiledFlag {
        let isSame =
            layers.kill == self.layers.kill && layers.release === self.layers.release
            && layers.floor === self.layers.floor
        return isSame ? self : CompiledFlag(forms, layers)
    }

    /// What older agents get instead, where the one that evaluates is such.
    func before(for identity: ServiceIdentity) -> (floor: ReleaseFloor, flag: CompiledFlag)? {
        guard let floor, !floor.met.isMet(by: identity) else { return nil }
        return (floor.met.floor, floor.before)
    }

    /// Of what it is now, and of what older agents get.
    var prerequisites: [FlagVariant] { definition.prerequisites + (floor?.before.prerequisites ?? []) }

    /// - Parameters:
    ///   - set: where prerequisites, pilot groups and the agent's own version are looked up.
    ///   - steps: the allowance of the whole lookup; prerequisites take from the same.
    func evaluate(
        _ context: EvaluationContext, unixSeconds: Int64, in set: FlagSet, steps: UnsafeMutablePointer<Int>
    ) -> Evaluation {
        if let floor, !floor.met.isMet(by: set.identity) {
            return floor.before.evaluate(context, unixSeconds: unixSeconds, in: set, steps: steps)
        }
        if let fixed { return fixed }
        do throws(TargetingFault) {
            if !definition.prerequisites.isEmpty {
                let areMet = try meetsPrerequisites(context, unixSeconds: unixSeconds, in: set, steps: steps)
                guard areMet else { return byDefault }
            }
            let scope = Scope(
                .context(context), flagKey: definition.key, unixSeconds: unixSeconds, flags: set, stepsLeft: steps)
            switch try decision.outcome(in: scope, variants: definition.variants) {
            case .variant(let index): return byVariant[index]
            case .none: return byDefault
            case .unknown(let name):
                return .failure(
                    .general,
                    "targeting of \(ComponentKey.title(of: definition.key)) gave \"\(name)\", which is none of its variants",
                    metadata: definition.metadata)
            }
        } catch {
            return .failure(
                .parseError,
                "targeting of \(ComponentKey.title(of: definition.key)) can't be evaluated: \(error.reason)",
                metadata: definition.metadata)
        }
    }

    private func meetsPrerequisites(
        _ context: EvaluationContext, unixSeconds: Int64, in set: FlagSet, steps: UnsafeMutablePointer<Int>
    ) throws(TargetingFault) -> Bool {
        for prerequisite in definition.prerequisites {
            steps.pointee &-= Work.prerequisiteSteps
            if steps.pointee < 0 { throw Work.exceeded }
            guard let flag = set.flag(prerequisite.flag) else { return false }
            let answer = flag.evaluate(context, unixSeconds: unixSeconds, in: set, steps: steps)
            // A prerequisite that couldn't be worked out isn't one that is unmet.
            if steps.pointee < 0 { throw Work.exceeded }
            guard let variant = answer.variant, variant.isExactly(prerequisite.variant) else { return false }
        }
        return true
    }
}

extension FlagDefinition {
    /// Anything that could give two users two answers.
    package var hasRules: Bool { hasTargeting || rollout != nil || !prerequisites.isEmpty }
}
