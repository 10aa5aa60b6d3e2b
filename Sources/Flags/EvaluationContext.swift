import JSON

/// What a caller says about the user a flag is looked up for.
package struct EvaluationContext: Sendable {
    package var targetingKey: String?
    package var attributes: JSONObject

    /// Without a targeting key of its own, a string attribute `targetingKey` is taken for it.
    package init(targetingKey: String? = nil, attributes: JSONObject = [:]) {
        self.targetingKey = targetingKey ?? attributes["targetingKey"]?.stringValue
        self.attributes = attributes
    }

    /// Reads the `context` member of a lookup. `targetingKey` must be a string; null counts as absent.
    package init(json: JSONValue) throws(InvalidContext) {
        guard case .object(let attributes) = json else {
            throw InvalidContext(
                reason: "the evaluation context is \(json.kindText); send an object of attributes instead")
        }
        switch attributes["targetingKey"] {
        case nil, .null?: targetingKey = nil
        case .string(let key)?: targetingKey = key
        case let other?:
            throw InvalidContext(
                reason: "the context's targetingKey is \(other.kindText); send it as a string")
        }
        self.attributes = attributes
    }
}

/// A context that can't be used; answered as INVALID_CONTEXT.
package struct InvalidContext: Error, Sendable, Hashable, CustomStringConvertible {
    package var reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { reason }
}
