/// What decides in a flag, compiled, in the order in which it is asked.
struct FlagRules: Sendable {
    var targeting: Expression?
    var rollout: Expression?
    /// A component's, where the rollout gives null.
    var split: Expression?
}
