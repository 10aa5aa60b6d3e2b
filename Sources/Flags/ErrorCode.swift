/// OpenFeature's error codes.
package enum ErrorCode: String, Sendable, Hashable, CaseIterable {
    case flagNotFound = "FLAG_NOT_FOUND"
    case parseError = "PARSE_ERROR"
    case typeMismatch = "TYPE_MISMATCH"
    case general = "GENERAL"
    case targetingKeyMissing = "TARGETING_KEY_MISSING"
    case invalidContext = "INVALID_CONTEXT"
    case providerNotReady = "PROVIDER_NOT_READY"
    case providerFatal = "PROVIDER_FATAL"
}
