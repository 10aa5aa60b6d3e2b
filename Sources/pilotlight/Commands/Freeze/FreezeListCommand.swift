import ArgumentParser
import JSON

struct FreezeListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every freeze window of an environment.")

    static let examples = [
        Example("pilotlight freeze list", "Each window as it was set"),
        Example("pilotlight release list --calendar", "When they really are, between the openings of releases"),
    ]

    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, FreezeSetCommand.list)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let freezes = answer[FreezeSetCommand.list]?.arrayValue ?? []
        var table = TextTable("FREEZE", "FROM", "UNTIL", "EACH WEEK", "TIME ZONE", "NOW", "REASON")
        for freeze in freezes {
            func text(_ member: String) -> String {
                freeze[member]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "–"
            }
            table.add(
                TextTable.Cell(freeze["name"]?.stringValue ?? "?", .bold), text("from"), text("until"),
                freeze["weekly"]?.boolValue == true ? "yes" : "–", text("timeZone"),
                freeze["now"]?.boolValue == true ? TextTable.Cell("frozen", .cyan) : "–", text("reason"))
        }
        return table.text(style, summary: "\(CountText.of(freezes.count, "freeze window")) in \(environment.name)")
    }
}
