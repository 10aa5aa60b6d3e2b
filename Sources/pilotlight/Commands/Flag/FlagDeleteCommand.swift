import ArgumentParser
import JSON

struct FlagDeleteCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a flag.")

    @Argument(help: "The flag's key.") var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.delete("environments", environment.name, "flags", key)
    }

    func text(for answer: JSONValue) -> String {
        "\(key): deleted\n\(RevisionText.outcome(answer))"
    }
}
