import JSON

/// The answer to one lookup. Without a value the caller uses its own default.
///
/// One reference to what is shared: a flag makes its answers when it is compiled, and a lookup hands one out.
package struct Evaluation: Sendable, Hashable {
    private struct Content: Sendable, Hashable {
        var variant: String?
        var value: JSONValue?
        var reason: Reason
        var errorCode: ErrorCode?
        var errorDetails: String?
        var metadata: JSONObject
    }

    private final class Shared: Sendable {
        let content: Content

        init(_ content: Content) { self.content = content }
    }

    private var shared: Shared

    package init(
        variant: String? = nil, value: JSONValue? = nil, reason: Reason, errorCode: ErrorCode? = nil,
        errorDetails: String? = nil, metadata: JSONObject = [:]
    ) {
        shared = Shared(
            Content(
                variant: variant, value: value, reason: reason, errorCode: errorCode, errorDetails: errorDetails,
                metadata: metadata))
    }

    package var variant: String? { shared.content.variant }

    package var value: JSONValue? {
        get { shared.content.value }
        set {
            var content = shared.content
            content.value = newValue
            shared = Shared(content)
        }
    }

    package var reason: Reason { shared.content.reason }
    package var errorCode: ErrorCode? { shared.content.errorCode }
    package var errorDetails: String? { shared.content.errorDetails }
    package var metadata: JSONObject { shared.content.metadata }

    package static func == (a: Evaluation, b: Evaluation) -> Bool {
        a.shared === b.shared || a.shared.content == b.shared.content
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(shared.content) }

    /// An answer with reason ERROR.
    package static func failure(_ code: ErrorCode, _ details: String, metadata: JSONObject = [:]) -> Evaluation {
        Evaluation(reason: .error, errorCode: code, errorDetails: details, metadata: metadata)
    }
}
