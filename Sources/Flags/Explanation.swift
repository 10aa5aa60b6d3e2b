import JSON

/// Why a lookup gets its answer: what was asked, in order, with every value seen on the way.
package struct Explanation: Sendable, Hashable {
    package struct Step: Sendable, Hashable {
        /// What was asked, in words or as an expression.
        package var what: String
        /// What came of it; nil where the step only gathers others.
        package var result: JSONValue?
        /// More about how that came about: a bucket, the reason of a membership.
        package var detail: String?
        package var children: [Step] = []

        package var json: JSONValue {
            var object: JSONObject = ["what": .string(what)]
            if let result { object["result"] = result }
            if let detail { object["detail"] = .string(detail) }
            if !children.isEmpty { object["children"] = .array(children.map(\.json)) }
            return .object(object)
        }
    }

    package var key: String
    /// The very answer that a lookup gets.
    package var evaluation: Evaluation
    /// Seconds since 1970 that it was worked out for.
    package var unixSeconds: Int64
    package var steps: [Step]

    /// `{"key", "variant", "value", "reason", "time", "steps": […]}`, and what went wrong if something did; of a component
    /// `component` in place of `key`.
    package var json: JSONValue {
        let (member, name) = ComponentKey.component(of: key).map { ("component", $0) } ?? ("key", key)
        var object: JSONObject = [
            member: .string(name), "variant": evaluation.variant.map { .string($0) } ?? .null,
            "value": evaluation.value ?? .null, "reason": .string(evaluation.reason.rawValue),
            "time": .integer(unixSeconds), "steps": .array(steps.map(\.json)),
        ]
        if let code = evaluation.errorCode { object["errorCode"] = .string(code.rawValue) }
        if let details = evaluation.errorDetails { object["errorDetails"] = .string(details) }
        return .object(object)
    }
}

extension FlagSet {
    /// Why `key` is answered as it is; nil for an unknown flag. The values are those of the evaluator itself, asked for
    /// each part of the path; it takes many times as long as a lookup.
    package func explain(_ key: String, context: EvaluationContext, unixSeconds: Int64) -> Explanation? {
        guard let flag = flag(key) else { return nil }
        var steps = Explainer.mostSteps
        let path = withUnsafeMutablePointer(to: &steps) { left in
            Explainer(flags: self, context: context, unixSeconds: unixSeconds, stepsLeft: left).steps(of: flag)
        }
        return Explanation(
            key: key, evaluation: evaluate(key, context: context, unixSeconds: unixSeconds), unixSeconds: unixSeconds,
            steps: path)
    }
}
