import JSON

/// A refusal by the control node: problem details as in RFC 9457, with our members `hint` and `problems`.
struct ProblemDetails: Error, CustomStringConvertible {
    /// One problem of a document, placed.
    struct Entry: CustomStringConvertible {
        var document: String?
        var line: Int64?
        var column: Int64?
        var pointer: String?
        var message: String
        var hint: String?

        init(_ json: JSONValue) {
            document = json["document"]?.stringValue
            line = json["line"]?.integerValue
            column = json["column"]?.integerValue
            pointer = json["pointer"]?.stringValue
            message = json["message"]?.stringValue ?? json.compactText()
            hint = json["hint"]?.stringValue
        }

        /// `flags.json:12:20: message`, as editors and terminals link it, then the hint.
        var description: String {
            var place: [String] = []
            if let document { place.append(document) }
            if let line { place.append("\(line)") }
            if let column, line != nil { place.append("\(column)") }
            if place.isEmpty, let pointer, !pointer.isEmpty { place.append(pointer) }
            let message = PrintableText.of(message)
            let text = (place.map(PrintableText.of) + [" " + message]).joined(separator: ":")
            let line = place.isEmpty ? message : text
            guard let hint else { return line }
            return line + "\n  hint: \(PrintableText.of(hint))"
        }
    }

    let status: Int
    let title: String
    let detail: String?
    let hint: String?
    let problems: [Entry]
    /// Agents that stand in the way, each with what is wrong with it.
    let agents: [String]
    /// What was changed since, by somebody else.
    let conflicts: [String]
    /// The whole document, for `--json`.
    let document: JSONValue

    init(_ document: JSONValue, status: Int) {
        self.document = document
        self.status = status
        title = document["title"]?.stringValue ?? "refused"
        detail = document["detail"]?.stringValue
        hint = document["hint"]?.stringValue
        agents = Self.texts(document["agents"])
        conflicts = Self.texts(document["conflicts"])
        problems = (document["problems"]?.arrayValue ?? []).map(Entry.init)
    }

    private static func texts(_ list: JSONValue?) -> [String] {
        (list?.arrayValue ?? []).map { $0.stringValue ?? $0["name"]?.stringValue ?? $0.compactText() }
    }

    var description: String {
        var lines = ["pilotlight: \(PrintableText.of(detail ?? title)) (HTTP \(status))"]
        lines += problems.map(\.description)
        for (what, names) in [("agents", agents), ("conflicts", conflicts)] where !names.isEmpty {
            lines += ["  \(what):"] + names.map { "    \(PrintableText.of($0))" }
        }
        if let hint { lines.append("  hint: \(PrintableText.of(hint))") }
        return lines.joined(separator: "\n")
    }
}
