import ArgumentParser
import JSON

struct FlagDisableCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Set a flag's state to DISABLED: callers get their own default.")

    @Argument(help: "The flag's key.") var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var message: MessageOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.patch(
            "environments", environment.name, "flags", key, body: message.added(to: ["state": .string("DISABLED")]))
    }

    func text(for answer: JSONValue) -> String {
        "\(key): disabled\n\(RevisionText.outcome(answer))"
    }
}
