import JSON

/// One deployment as the operator API gives it, for people.
struct ShownDeployment {
    enum State: String {
        case recorded, verified, failed, retired
    }

    let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    var component: String { json["component"]?.stringValue ?? "?" }
    var version: String { json["version"]?.stringValue ?? "?" }
    var state: State? { State(rawValue: json["state"]?.stringValue ?? "") }
    var upstream: String? { text("upstream") }
    var place: String? { text("where") }
    var by: String? { text("by") }
    var time: String? { TimeText.of(json["at"]) }
    var name: String {
        PrintableText.of("\(component) \(version)") + (place.map { " in \(PrintableText.of($0))" } ?? "")
    }

    private func text(_ member: String) -> String? {
        json[member]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    var stateCell: TextTable.Cell {
        let colour: OutputStyle.Colour? =
            switch state {
            case .verified: .green
            case .failed: .red
            case .recorded: .yellow
            case .retired: .dim
            case nil: nil
            }
        return TextTable.Cell(json["state"]?.stringValue ?? "?", colour)
    }

    /// What its last check found: `HTTP 200, http://…`
    var check: String? {
        guard let check = json["check"], check.objectValue != nil else { return nil }
        let passed = check["passed"]?.boolValue ?? false
        var parts = [passed ? "passed" : "failed"]
        if let detail = check["detail"]?.stringValue, !detail.isEmpty { parts.append(detail) }
        if let url = check["url"]?.stringValue, !url.isEmpty { parts.append(url) }
        return PrintableText.of(parts.joined(separator: ", "))
    }

    /// `2 live, 1 silent, 1 failing`
    var agents: String {
        AgentTally.text { json["agents"]?[$0]?.integerValue ?? 0 }
    }

    /// What an order came to: `checkout 1.4.2: verified  passed, HTTP 200, http://…`
    func outcome(_ style: OutputStyle, withDisagreement: Bool = true) -> String {
        let cell = stateCell
        var lines = ["\(name): \(style.paint(cell.text, cell.colour))" + (check.map { "  \($0)" } ?? "")]
        if withDisagreement, let disagreement = text("disagreement") {
            lines.append(style.paint("disagreement:", .yellow) + " " + PrintableText.of(disagreement))
        }
        return lines.joined(separator: "\n")
    }
}

/// A version that agents report.
struct ObservedVersion {
    let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    var component: String { json["component"]?.stringValue ?? "?" }
    var version: String { json["version"]?.stringValue ?? "?" }

    /// `2 live, 1 silent, 1 failing`
    var agents: String {
        let all = json["agents"]?.arrayValue ?? []
        let states = all.compactMap { $0["state"]?.stringValue } + all.compactMap { $0["health"]?.stringValue }
        return AgentTally.text { word in Int64(states.count { $0 == word }) }
    }
}
