import ArgumentParser
import JSON

struct PilotCreateCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a pilot group without members.")

    @Argument(help: "The pilot group's name.") var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var message: MessageOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.post(
            "environments", environment.name, "pilots", body: message.added(to: ["name": .string(name)]))
    }

    func text(for answer: JSONValue) -> String {
        "\(name): created\n\(RevisionText.outcome(answer))"
    }
}
