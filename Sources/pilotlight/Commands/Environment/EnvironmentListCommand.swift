import ArgumentParser
import JSON

struct EnvironmentListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Every environment.")

    static let examples = [
        Example("pilotlight environment list", "Each one's revision, contents, and if it takes writes")
    ]

    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        var table = TextTable(
            "ENVIRONMENT", "BUCKETING", "EPOCH", "REVISION", "FLAGS", "PILOTS", "ENTRIES", "WRITES", "COMPONENTS")
        var notes: [String] = []
        for environment in answer["environments"]?.arrayValue ?? [] {
            let name = environment["name"]?.stringValue ?? "?"
            let reason = Self.reasonForBlock(environment["blocked"])
            var row: [any TableCell] = [
                TextTable.Cell(name, .bold), environment["bucketing"]?.stringValue ?? "?",
                RevisionText.epoch(environment["revision"]), RevisionText.number(environment["revision"]),
                "\(environment["flags"]?.integerValue ?? 0)", "\(environment["pilots"]?.integerValue ?? 0)",
                "\(environment["entries"]?.integerValue ?? 0)",
                TextTable.Cell(reason == nil ? "open" : "blocked", reason == nil ? .green : .red),
            ]
            if !style.isTerminal { row.append(reason.map { "takes no writes: \($0)" } ?? "") }
            row.append("\(environment["components"]?.integerValue ?? 0)")
            if let reason {
                notes.append(
                    style.paint("\(name) takes no writes:", .red) + " \(reason)\n  hint: `pilotlight environment "
                        + "new-epoch \(name)` shows what the agents hold")
            }
            table.add(row)
        }
        return ([table.text(style)] + (style.isTerminal ? notes : [])).joined(separator: "\n")
    }

    private static func reasonForBlock(_ blocked: JSONValue?) -> String? {
        guard let blocked, blocked.objectValue != nil else { return nil }
        return blocked["detail"]?.stringValue ?? blocked["reason"]?.stringValue ?? "unknown reason"
    }
}
