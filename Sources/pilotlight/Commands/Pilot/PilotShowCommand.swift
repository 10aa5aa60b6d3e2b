import ArgumentParser
import Flags
import JSON

struct PilotShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One pilot group's members, one to a line; on a terminal, who else is in, too.")

    static let examples = [
        Example("pilotlight pilot show early-birds", "Its members, and their count on a terminal"),
        Example("pilotlight pilot show early-birds --csv", "As CSV, under a heading"),
        Example("pilotlight pilot show early-birds --json", "With its rule and the flags that refer to it"),
    ]

    /// What the one column of the CSV is called.
    static let column = "member"

    @Argument(help: "The pilot group's name.", completion: .custom(NameCompletion.pilots)) var name: String
    @Flag(help: "Members and nothing else, one to a line, on a terminal too.") var members = false
    @Flag(help: "Members as CSV, under the heading \(PilotShowCommand.column).") var csv = false
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.list("environments", environment.name, "pilots", name, member: "members")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let keys = (answer["members"]?.arrayValue ?? []).compactMap(\.stringValue)
        if csv { return ([[Self.column]] + keys.map { [$0] }).map(CSVText.line).joined(separator: "\n") }
        guard style.isTerminal, !members else { return keys.joined(separator: "\n") }
        return
            (keys.map(PrintableText.of) + terms(answer) + [
                style.paint("\(CountText.of(keys.count, "member")) in \(name)", .dim)
            ]).joined(separator: "\n")
    }

    /// Who is in besides, and who never is.
    private func terms(_ answer: JSONValue) -> [String] {
        var lines: [String] = []
        if let rule = answer["rule"], rule != .null {
            lines.append("rule: \(PrintableText.of(rule.compactText()))")
        }
        if let percentage = answer["percentage"].flatMap({ Percentage($0) }), percentage != .none {
            lines.append("percentage: \(percentage.text)")
        }
        let excluded = (answer["exclude"]?.arrayValue ?? []).compactMap(\.stringValue).map(PrintableText.of)
        if !excluded.isEmpty { lines.append("never: \(excluded.joined(separator: ", "))") }
        return lines
    }
}
