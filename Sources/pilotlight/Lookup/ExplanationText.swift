import JSON

/// An explanation as people read it: the answer, and below it the steps that led there, each with what it saw.
enum ExplanationText {
    /// - Parameter revision: as the operator API writes it, where the explanation doesn't say its own.
    static func of(_ explanation: JSONValue, revision: JSONValue? = nil, _ style: OutputStyle) -> String {
        let variant = explanation["variant"]?.stringValue
        let value = explanation["value"].flatMap { $0 == .null && variant == nil ? nil : words($0) }
        var answer = value ?? "(no value: the caller's default)"
        let component = explanation["component"]?.stringValue
        if let variant {
            // A version's name is all that a component answers.
            answer = component == nil ? "\(PrintableText.of(variant)) (\(answer))" : PrintableText.of(variant)
        }
        var facts = [explanation["reason"]?.stringValue ?? "UNKNOWN"]
        if let code = explanation["errorCode"]?.stringValue { facts.append(code) }
        if let revision = explanation["revision"] ?? revision { facts.append(RevisionText.full(revision)) }
        if let published = TimeText.of(explanation["at"]?["published"]) { facts.append("published \(published)") }
        let name = component.map { "component \($0)" } ?? explanation["key"]?.stringValue ?? "?"
        let head = "\(PrintableText.of(name)): \(style.paint(answer, .bold)) · " + facts.joined(separator: " · ")
        return ([head] + lines(explanation["steps"], depth: 1, style)).joined(separator: "\n")
    }

    private static func lines(_ steps: JSONValue?, depth: Int, _ style: OutputStyle) -> [String] {
        (steps?.arrayValue ?? []).flatMap { step in
            [String(repeating: "  ", count: depth) + line(step, style)]
                + lines(step["children"], depth: depth + 1, style)
        }
    }

    /// `within 5 % of on: on  bucket 3.21 %`
    private static func line(_ step: JSONValue, _ style: OutputStyle) -> String {
        var line = words(step["what"] ?? "?")
        if let result = step["result"] { line += ": " + style.paint(words(result), .cyan) }
        if let detail = step["detail"], detail != .null { line += "  " + style.paint(words(detail), .dim) }
        return line
    }

    private static func words(_ json: JSONValue) -> String { PrintableText.of(json.stringValue ?? json.compactText()) }
}
