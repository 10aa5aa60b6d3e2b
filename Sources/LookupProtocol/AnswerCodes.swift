/// The reason of an answer, one byte. The words are OpenFeature's.
package enum AnswerReason: UInt8, Sendable, CaseIterable {
    case `static` = 1
    case `default` = 2
    case targetingMatch = 3
    case disabled = 4
    case error = 5

    /// As OpenFeature spells it, e.g. `TARGETING_MATCH`.
    package var name: String {
        switch self {
        case .static: "STATIC"
        case .default: "DEFAULT"
        case .targetingMatch: "TARGETING_MATCH"
        case .disabled: "DISABLED"
        case .error: "ERROR"
        }
    }
}

/// The error code of an answer, one byte. The words are OpenFeature's.
package enum AnswerErrorCode: UInt8, Sendable, CaseIterable {
    case flagNotFound = 1
    case parseError = 2
    case typeMismatch = 3
    case targetingKeyMissing = 4
    case invalidContext = 5
    case providerNotReady = 6
    case general = 7

    /// As OpenFeature spells it, e.g. `FLAG_NOT_FOUND`.
    package var name: String {
        switch self {
        case .flagNotFound: "FLAG_NOT_FOUND"
        case .parseError: "PARSE_ERROR"
        case .typeMismatch: "TYPE_MISMATCH"
        case .targetingKeyMissing: "TARGETING_KEY_MISSING"
        case .invalidContext: "INVALID_CONTEXT"
        case .providerNotReady: "PROVIDER_NOT_READY"
        case .general: "GENERAL"
        }
    }
}

/// Why a frame got no answer of its own kind.
package enum FailureCode: UInt8, Sendable, CaseIterable {
    /// The bytes are no frame of this protocol. The server closes the connection after it.
    case malformed = 1
    /// The frame is longer than the limit. The server closes the connection after it.
    case tooLong = 2
    /// The frame's type is not known to this server. The connection goes on.
    case unknownType = 3
    /// No version in common. The server closes the connection after it.
    case unsupportedVersion = 4
    /// A frame or preamble was begun and not finished in time. The server closes the connection after it.
    case timeout = 5

    package init(_ problem: FrameProblem) {
        switch problem {
        case .tooLong: self = .tooLong
        case .unknownType: self = .unknownType
        case .unsupportedVersion: self = .unsupportedVersion
        default: self = .malformed
        }
    }
}
