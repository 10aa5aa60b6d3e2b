/// Bounds what one evaluation may take, so that no rule and no context can keep a thread busy.
///
/// A step is about one operator over one element. Only what a context can make large is counted: elements walked
/// through, long texts, wide objects.
enum Work {
    /// Steps of one evaluation; a few tens of milliseconds at the very most.
    static let mostSteps = 250_000
    /// Steps that a rule may need whatever the context holds; more is refused when it is published.
    static let mostConstantSteps = 100_000
    /// Steps that asking another flag costs: what control lets through (`Prerequisites.mostAsked`) leaves more than half of
    /// them to the rules, and a circle, which control refuses, ends after so few rounds that the stack holds them.
    static let prerequisiteSteps = 1_000

    static let exceeded = TargetingFault(
        "it takes more than \(mostSteps) steps with this context: send shorter lists and texts, or simplify the rule")
}
