import ArgumentParser
import JSON

struct PilotCreateCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a pilot group without members.")

    static let examples = [Example("pilotlight pilot create early-birds", "Then add members to it")]

    @Argument(help: "The pilot group's name.") var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .post, "environments", environment.name, "pilots", body: ["name": .string(name)], terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        "\(name): created\n\(RevisionText.outcome(answer))"
    }
}
