import JSON

/// One revision as the operator API tells of it, for people.
struct HistoryEntry {
    let json: JSONValue

    var number: Int64? { json["revision"]?["number"]?.integerValue }
    private var diff: [JSONValue] { json["diff"]?.arrayValue ?? [] }
    private func text(_ member: String) -> String { json[member]?.stringValue ?? "" }

    /// `2026-01-31 10:20:30`, in UTC.
    private var shortTime: String {
        String(text("time").prefix { $0 != "." && $0 != "Z" }).replacing("T", with: " ")
    }

    private var what: String {
        switch json["event"]?.stringValue {
        case "created": "environment created"
        case "epoch": "epoch \(RevisionText.epoch(json["revision"])) begun"
        default: DiffText.summary(diff)
        }
    }

    /// One row of a list: revision, time, who, why, what. In a pipe the time is as exact as it came.
    func row(_ style: OutputStyle) -> [any TableCell] {
        [
            TextTable.Cell(RevisionText.number(json["revision"]), .cyan),
            style.isTerminal ? shortTime : text("time"), text("actor"), TextTable.Cell(text("message"), .dim), what,
        ]
    }

    /// One line, for a stream.
    func line(_ style: OutputStyle) -> String {
        let cells = row(style).map(\.cell)
        guard style.isTerminal else { return cells.map(\.text).joined(separator: "\t") }
        return cells.filter { !$0.text.isEmpty }.map { style.paint($0.text, $0.colour) }.joined(separator: "  ")
    }

    /// All of it, with what became of each definition.
    func full(_ style: OutputStyle) -> String {
        var lines = [style.paint(RevisionText.full(json["revision"]), .bold)]
        lines.append("time     \(text("time"))")
        lines.append("actor    \(PrintableText.of(text("actor")))")
        if !text("message").isEmpty { lines.append("message  \(PrintableText.of(text("message")))") }
        if json["event"] != .string("change") { lines += ["", what] }
        for change in diff {
            lines += ["", DiffText.line(change, style)]
            if Self.defined.contains(change["kind"]?.stringValue ?? "") { lines += Self.definitions(change, style) }
        }
        return lines.joined(separator: "\n")
    }

    /// Kinds whose definitions are shown.
    private static let defined = ["flag", "component", "release"]

    private static func definitions(_ change: JSONValue, _ style: OutputStyle) -> [String] {
        func lines(_ value: JSONValue?) -> [String] {
            guard let value, value != .null else { return [] }
            return ShownComponent.legible(value).prettyText().split(separator: "\n", omittingEmptySubsequences: false)
                .map {
                    PrintableText.of(String($0))
                }
        }
        return LineDiff.of(lines(change["before"]), lines(change["after"])).map { line in
            switch line {
            case .same(let text): "    " + text
            case .removed(let text): style.paint("  − " + text, .red)
            case .added(let text): style.paint("  + " + text, .green)
            case .skipped: style.paint("    …", .dim)
            }
        }
    }
}
