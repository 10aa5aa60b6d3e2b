import JSON

/// The operator API's difference, for people: one line for each entry.
enum DiffText {
    /// `+ flag checkout  variants: on, off`
    static func line(_ change: JSONValue, _ style: OutputStyle) -> String {
        let (sign, colour) = mark(change["op"]?.stringValue)
        let head = style.paint("\(sign) \(name(change))", colour)
        guard let detail = change["detail"]?.stringValue, !detail.isEmpty else { return head }
        return "\(head)  \(PrintableText.of(detail))"
    }

    static func lines(_ answer: JSONValue, _ style: OutputStyle) -> [String] {
        (answer["diff"]?.arrayValue ?? []).map { line($0, style) }
    }

    /// On one line: of one entry all, of several the names of the first and how many more there are.
    static func summary(_ diff: [JSONValue], most: Int = 3) -> String {
        if diff.count == 1 { return line(diff[0], .plain) }
        var parts = diff.prefix(most).map { "\(mark($0["op"]?.stringValue).sign) \(name($0))" }
        if diff.count > most { parts.append("\(diff.count - most) more") }
        return parts.joined(separator: ", ")
    }

    /// `flag checkout`
    static func name(_ entry: JSONValue) -> String {
        "\(entry["kind"]?.stringValue ?? "") \(PrintableText.of(entry["key"]?.stringValue ?? "?"))"
    }

    private static func mark(_ operation: String?) -> (sign: String, colour: OutputStyle.Colour) {
        switch operation {
        case "add": ("+", .green)
        case "remove": ("−", .red)
        default: ("~", .yellow)
        }
    }

    /// What the control node took, and finds odd: one to a line, a hint below it.
    static func warnings(_ answer: JSONValue, _ style: OutputStyle) -> [String] {
        (answer["warnings"]?.arrayValue ?? []).map { warning in
            style.paint("warning:", .yellow) + " " + (warning.stringValue ?? "\(ProblemDetails.Entry(warning))")
        }
    }

    /// `killed, serves off (false)`, of a change that kills.
    static func killed(_ answer: JSONValue, _ style: OutputStyle) -> String {
        let kills = (answer["diff"]?.arrayValue ?? []).lazy.filter { killKinds.contains($0["kind"]?.stringValue ?? "") }
        return style.paint(kills.first.map { "killed, serves \(RolloutText.served($0["after"]))" } ?? "killed", .red)
    }

    private static let killKinds = ["kill", "component-kill"]

    /// What a change came to: its lines, what is odd about it, and the revision.
    static func outcome(_ answer: JSONValue, dryRun: Bool = false, _ style: OutputStyle) -> String {
        (lines(answer, style) + warnings(answer, style) + [revision(answer, dryRun: dryRun)]).joined(separator: "\n")
    }

    static func revision(_ answer: JSONValue, dryRun: Bool) -> String {
        dryRun
            ? "dry run, nothing is published: \(RevisionText.full(answer["revision"]))" : RevisionText.outcome(answer)
    }
}
