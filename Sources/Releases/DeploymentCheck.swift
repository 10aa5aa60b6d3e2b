import JSON

/// What asking a deployed version how it does came to.
package struct DeploymentCheck: Sendable, Hashable {
    /// What was asked; nil where somebody said how it is.
    package var url: String?
    /// Milliseconds since 1970.
    package var at: Int64
    package var passed: Bool
    /// `200 OK`, or why not.
    package var detail: String

    package init(url: String? = nil, at: Int64, passed: Bool, detail: String) {
        self.url = url
        self.at = at
        self.passed = passed
        self.detail = detail
    }

    package var json: JSONValue {
        .object([
            "url": url.map { .string($0) } ?? .null, "at": .string(Timestamp.text(milliseconds: at)),
            "passed": .bool(passed), "detail": .string(detail),
        ])
    }

    /// Nil for another shape.
    package init?(_ json: JSONValue) {
        guard let at = json["at"]?.stringValue.flatMap({ Timestamp.milliseconds(of: $0) }),
            let passed = json["passed"]?.boolValue, let detail = json["detail"]?.stringValue
        else { return nil }
        self.init(url: json["url"]?.stringValue, at: at, passed: passed, detail: detail)
    }
}
