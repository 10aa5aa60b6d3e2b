import LookupProtocol

/// Why a lookup has the value it has. The raw values are OpenFeature's words.
public enum LookupReason: String, Sendable, Hashable, CaseIterable {
    /// The flag has no rule at all: its default variant.
    case `static` = "STATIC"
    /// No rule of the flag holds for this context: its default variant.
    case `default` = "DEFAULT"
    /// A rule of the flag decided.
    case targetingMatch = "TARGETING_MATCH"
    /// The flag is disabled: the default that the caller gave.
    case disabled = "DISABLED"
    /// Something went wrong: the default that the caller gave.
    case error = "ERROR"

    init(_ reason: AnswerReason) {
        switch reason {
        case .static: self = .static
        case .default: self = .default
        case .targetingMatch: self = .targetingMatch
        case .disabled: self = .disabled
        case .error: self = .error
        }
    }
}
