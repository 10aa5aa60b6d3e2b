import ArgumentParser
import JSON

struct PilotShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One pilot group's members, one to a line.")

    @Argument(help: "The pilot group's name.") var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "pilots", name)
    }

    func text(for answer: JSONValue) -> String {
        let members = (answer["members"]?.arrayValue ?? []).compactMap(\.stringValue)
        return (members + ["\(CountText.of(members.count, "member")) in \(name)"]).joined(separator: "\n")
    }
}
