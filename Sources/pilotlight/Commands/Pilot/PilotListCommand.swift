import ArgumentParser
import JSON

struct PilotListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every pilot group of an environment.")

    static let examples = [Example("pilotlight pilot list", "Each group, how many members it has, and who else is in")]

    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.list("environments", environment.name, "pilots", member: "pilots", progress: "pilot groups")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let pilots = answer["pilots"]?.arrayValue ?? []
        var table = TextTable("PILOT GROUP", "MEMBERS", "BESIDES")
        for pilot in pilots {
            table.add(
                TextTable.Cell(pilot["name"]?.stringValue ?? "?", .bold), "\(pilot["members"]?.integerValue ?? 0)",
                PilotTerms.text(pilot) ?? "–")
        }
        return table.text(style, summary: "\(CountText.of(pilots.count, "pilot group")) in \(environment.name)")
    }
}
