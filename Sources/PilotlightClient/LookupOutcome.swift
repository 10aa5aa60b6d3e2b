import LookupProtocol

/// What a waiting lookup is given: always one of these, exactly once.
enum LookupOutcome: Sendable {
    case answer(FlagAnswer)
    case failed(LookupProblem)
}
