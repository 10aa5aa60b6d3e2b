import ArgumentParser
import JSON

struct FlagDefaultCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "default", abstract: "Set a flag's default variant.")

    @OptionGroup var flag: FlagChange
    @Argument(help: "One of the flag's variants.") var variant: String

    var connection: ConnectionOptions { flag.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.patch(["defaultVariant": .string(variant)], at: control)
    }

    func text(for answer: JSONValue) -> String { flag.text("default variant \(variant)", answer) }
}
