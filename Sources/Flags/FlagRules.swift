/// What decides in a flag, compiled, in the order in which it is asked.
struct FlagRules: Sendable {
    var targeting: Expression?
    var rollout: Expression?
}
