import ArgumentParser
import JSON

struct PilotListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every pilot group of an environment.")

    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "pilots")
    }

    func text(for answer: JSONValue) -> String {
        let pilots = answer["pilots"]?.arrayValue ?? []
        var table = TextTable("PILOT GROUP", "MEMBERS")
        for pilot in pilots {
            table.add(pilot["name"]?.stringValue ?? "?", "\(pilot["members"]?.integerValue ?? 0)")
        }
        return table.text + "\n\(CountText.of(pilots.count, "pilot group")) in \(environment.name)"
    }
}
