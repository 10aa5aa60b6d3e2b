import LookupProtocol

/// What went wrong with a lookup. The raw values are OpenFeature's words.
public enum LookupErrorCode: String, Sendable, Hashable, CaseIterable {
    /// The agent knows no flag of that key, or no component of that name.
    case flagNotFound = "FLAG_NOT_FOUND"
    /// The flag's rule, or what was sent, can't be read.
    case parseError = "PARSE_ERROR"
    /// The flag's value is of another type.
    case typeMismatch = "TYPE_MISMATCH"
    /// The flag can't be evaluated without a targeting key.
    case targetingKeyMissing = "TARGETING_KEY_MISSING"
    /// The evaluation context can't be used: see the message.
    case invalidContext = "INVALID_CONTEXT"
    /// There is no agent to ask (unreachable, still connecting, client shut down), or it holds no confirmed state yet.
    case providerNotReady = "PROVIDER_NOT_READY"
    /// Anything else: deadline exceeded, connection lost, too many lookups in flight, or a fault of the flag's rule.
    case general = "GENERAL"

    init(_ code: AnswerErrorCode) {
        switch code {
        case .flagNotFound: self = .flagNotFound
        case .parseError: self = .parseError
        case .typeMismatch: self = .typeMismatch
        case .targetingKeyMissing: self = .targetingKeyMissing
        case .invalidContext: self = .invalidContext
        case .providerNotReady: self = .providerNotReady
        case .general: self = .general
        }
    }
}
