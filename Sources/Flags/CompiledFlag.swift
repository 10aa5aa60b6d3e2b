import JSON

/// A flag ready to be evaluated. Immutable and shared: a copy of a flag set copies references to these.
package final class CompiledFlag: Sendable {
    package let definition: FlagDefinition
    /// The pilot groups that its targeting asks about.
    package let pilotsUsed: Set<String>
    /// The answer, if it is the same for everybody.
    private let fixed: Evaluation?
    private let decision: Decision

    init(_ definition: FlagDefinition, targeting: Expression?, pilotsUsed: Set<String>) {
        self.definition = definition
        self.pilotsUsed = pilotsUsed
        decision = targeting.map { Decision($0, variants: definition.variants) } ?? .outcome(.none)
        if definition.state == .disabled {
            fixed = Evaluation(reason: .disabled, metadata: definition.metadata)
        } else if targeting == nil {
            fixed = Self.defaultAnswer(of: definition, reason: .static)
        } else {
            fixed = nil
        }
    }

    func evaluate(
        _ context: EvaluationContext, unixSeconds: Int64, bucketing: Bucketing, pilots: PilotMembers
    ) -> Evaluation {
        if let fixed { return fixed }
        do throws(TargetingFault) {
            let outcome = try Scope.with(
                .context(context), flagKey: definition.key, unixSeconds: unixSeconds, bucketing: bucketing,
                pilots: pilots
            ) { scope throws(TargetingFault) in try decision.outcome(in: scope, variants: definition.variants) }
            switch outcome {
            case .variant(let index):
                let variant = definition.variants.members[index]
                return Evaluation(
                    variant: variant.key, value: variant.value, reason: .targetingMatch, metadata: definition.metadata)
            case .none: return Self.defaultAnswer(of: definition, reason: .default)
            case .unknown(let name):
                return .failure(
                    .general,
                    "targeting of flag \"\(definition.key)\" gave \"\(name)\", which is none of its variants",
                    metadata: definition.metadata)
            }
        } catch {
            return .failure(
                .parseError, "targeting of flag \"\(definition.key)\" can't be evaluated: \(error.reason)",
                metadata: definition.metadata)
        }
    }

    /// The default variant; without one no value, and DEFAULT.
    private static func defaultAnswer(of definition: FlagDefinition, reason: Reason) -> Evaluation {
        guard let name = definition.defaultVariant, let value = definition.variants[name] else {
            return Evaluation(reason: .default, metadata: definition.metadata)
        }
        return Evaluation(variant: name, value: value, reason: reason, metadata: definition.metadata)
    }
}
