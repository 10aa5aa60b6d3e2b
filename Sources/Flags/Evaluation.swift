import JSON

/// The answer to one lookup. Without a value the caller uses its own default.
package struct Evaluation: Sendable, Hashable {
    package var variant: String?
    package var value: JSONValue?
    package var reason: Reason
    package var errorCode: ErrorCode?
    package var errorDetails: String?
    package var metadata: JSONObject

    package init(
        variant: String? = nil, value: JSONValue? = nil, reason: Reason, errorCode: ErrorCode? = nil,
        errorDetails: String? = nil, metadata: JSONObject = [:]
    ) {
        self.variant = variant
        self.value = value
        self.reason = reason
        self.errorCode = errorCode
        self.errorDetails = errorDetails
        self.metadata = metadata
    }

    /// An answer with reason ERROR.
    package static func failure(_ code: ErrorCode, _ details: String, metadata: JSONObject = [:]) -> Evaluation {
        Evaluation(reason: .error, errorCode: code, errorDetails: details, metadata: metadata)
    }
}
