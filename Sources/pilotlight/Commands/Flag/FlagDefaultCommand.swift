import ArgumentParser
import JSON

struct FlagDefaultCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "default", abstract: "Set a flag's default variant.")

    @Argument(help: "The flag's key.") var key: String
    @Argument(help: "One of the flag's variants.") var variant: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var message: MessageOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.patch(
            "environments", environment.name, "flags", key,
            body: message.added(to: ["defaultVariant": .string(variant)]))
    }

    func text(for answer: JSONValue) -> String {
        "\(key): default variant \(variant)\n\(RevisionText.outcome(answer))"
    }
}
