import JSON

/// Whether what a release requires is the case, as the operator API gives it, for people.
struct ShownGate {
    let json: JSONValue

    var verdict: String { PrintableText.of(json["verdict"]?.stringValue ?? "–") }
    var cell: TextTable.Cell { TextTable.Cell(verdict, Self.colour(verdict)) }

    static func colour(_ verdict: String) -> OutputStyle.Colour? {
        switch verdict {
        case "green": .green
        case "red": .red
        case "unknown": .yellow
        default: nil
        }
    }

    /// One line for each check, one for each agent that stands in its way, and what helps.
    func lines(_ style: OutputStyle) -> [String] {
        (json["checks"]?.arrayValue ?? []).flatMap { check -> [String] in
            let verdict = check["verdict"]?.stringValue ?? "–"
            let requirement = PrintableText.of(check["requirement"]?.stringValue ?? "?")
            let detail = check["detail"]?.stringValue.flatMap { $0.isEmpty ? nil : "  " + PrintableText.of($0) } ?? ""
            let agents = (check["agents"]?.arrayValue ?? []).compactMap(\.stringValue).map(PrintableText.of)
            let hint = [check["hint"]?.stringValue].compactMap { $0.map(PrintableText.of) }
            return [style.paint(verdict, Self.colour(verdict)) + "  \(requirement)\(detail)"]
                + (verdict == "green" ? [] : agents.map { "  \($0)" } + hint.map { "  hint: \($0)" })
        }
    }
}
