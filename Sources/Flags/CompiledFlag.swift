import JSON

/// A flag ready to be evaluated. Immutable and shared: a copy of a flag set copies references to these.
package final class CompiledFlag: Keyed, Sendable {
    let key: HashedKey
    package let definition: FlagDefinition
    /// What it was made of, if it is a component.
    package let component: ComponentDefinition?
    /// The pilot groups that its targeting and its rollout ask about.
    package let pilotsUsed: Set<String>
    package let kill: Kill?
    /// Seconds since 1970 at which a time ramp changes its answers, rising.
    let steps: [Int64]
    /// The answer, if it is the same for everybody.
    private let fixed: Evaluation?
    /// The answers that rules give, made once.
    private let byVariant: [Evaluation]
    private let byDefault: Evaluation
    private let decision: Decision

    convenience init(
        _ definition: FlagDefinition, of component: ComponentDefinition? = nil, _ rules: FlagRules,
        pilotsUsed: Set<String>, kill: Kill?
    ) {
        var decision = Decision.outcome(.none)
        if let split = rules.split { decision = Decision(split, variants: definition.variants) }
        if let rollout = rules.rollout {
            decision = Decision(rollout, variants: definition.variants).or(decision)
        }
        if let targeting = rules.targeting {
            decision = Decision(targeting, variants: definition.variants).or(decision)
        }
        self.init(definition, of: component, decision, pilotsUsed: pilotsUsed, kill: kill)
    }

    private init(
        _ definition: FlagDefinition, of component: ComponentDefinition?, _ decision: Decision,
        pilotsUsed: Set<String>, kill: Kill?
    ) {
        func metadata(of variant: String) -> JSONObject {
            component?.metadata(of: variant) ?? definition.metadata
        }
        self.component = component
        key = HashedKey(definition.key)
        self.definition = definition
        self.decision = decision
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
        self.pilotsUsed = pilotsUsed
        self.kill = kill
        let rollout = component?.rollout ?? definition.rollout
        if case .ramp(let ramp)? = rollout?.share { steps = ramp.steps.map(\.at) } else { steps = [] }
        if definition.state == .disabled {
            fixed = Evaluation(reason: .disabled, metadata: definition.metadata)
        } else if let kill {
            let value = definition.variants[kill.variant] ?? kill.value
            fixed = Evaluation(
                variant: kill.variant, value: value, reason: .static, metadata: metadata(of: kill.variant))
        } else if !(component?.hasRules ?? definition.hasRules) {
            fixed = defaultAnswer(.static)
        } else {
            fixed = nil
        }
    }

    /// The same flag, killed or no longer so: nothing is compiled anew.
    func serving(_ kill: Kill?) -> CompiledFlag {
        kill == self.kill
            ? self : CompiledFlag(definition, of: component, decision, pilotsUsed: pilotsUsed, kill: kill)
    }

    /// - Parameters:
    ///   - set: where prerequisites and pilot groups are looked up.
    ///   - steps: the allowance of the whole lookup; prerequisites take from the same.
    func evaluate(
        _ context: EvaluationContext, unixSeconds: Int64, in set: FlagSet, steps: UnsafeMutablePointer<Int>
    ) -> Evaluation {
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
