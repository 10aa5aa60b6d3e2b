import ArgumentParser
import JSON

struct FlagEnableCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Set a flag's state to ENABLED: answers by its definition.")

    @Argument(help: "The flag's key.") var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var message: MessageOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.patch(
            "environments", environment.name, "flags", key, body: message.added(to: ["state": .string("ENABLED")]))
    }

    func text(for answer: JSONValue) -> String {
        "\(key): enabled\n\(RevisionText.outcome(answer))"
    }
}
