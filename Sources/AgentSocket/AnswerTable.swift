import Flags
import LookupProtocol

/// The one table of reasons and errors: what each is in the binary protocol, in OFREP and to load balancers.
enum AnswerTable {
    static func binary(_ reason: Reason) -> AnswerReason {
        switch reason {
        case .static: .static
        case .default: .default
        case .targetingMatch: .targetingMatch
        case .disabled: .disabled
        case .error: .error
        }
    }

    /// OFREP knows 400 and 404 for a flag's errors. Stock clients read the error code from the body of a 400 only, and
    /// make GENERAL of every 5xx: so PROVIDER_NOT_READY is a 400 too, and `/readyz` is what turns 503.
    static func row(_ code: ErrorCode) -> (binary: AnswerErrorCode, status: HTTPStatus) {
        switch code {
        case .flagNotFound: (.flagNotFound, .notFound)
        case .parseError: (.parseError, .badRequest)
        case .typeMismatch: (.typeMismatch, .badRequest)
        case .targetingKeyMissing: (.targetingKeyMissing, .badRequest)
        case .invalidContext: (.invalidContext, .badRequest)
        case .providerNotReady: (.providerNotReady, .badRequest)
        case .general, .providerFatal: (.general, .badRequest)
        }
    }

    /// Where there is no version to tell: a load balancer looks at the status alone.
    static func routeStatus(_ code: ErrorCode) -> HTTPStatus {
        switch code {
        case .flagNotFound: .notFound
        case .providerNotReady: .serviceUnavailable
        case .parseError, .typeMismatch, .targetingKeyMissing, .invalidContext, .general, .providerFatal:
            .internalServerError
        }
    }
}
