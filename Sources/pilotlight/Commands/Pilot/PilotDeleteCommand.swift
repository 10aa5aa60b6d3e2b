import ArgumentParser
import JSON

struct PilotDeleteCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a pilot group; refused while a flag refers to it.")

    @Argument(help: "The pilot group's name.") var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.delete("environments", environment.name, "pilots", name)
    }

    func text(for answer: JSONValue) -> String {
        "\(name): deleted\n\(RevisionText.outcome(answer))"
    }
}
