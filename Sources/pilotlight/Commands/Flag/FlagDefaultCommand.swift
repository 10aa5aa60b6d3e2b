import ArgumentParser
import JSON

struct FlagDefaultCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "default", abstract: "Set a flag's default variant.")

    static let examples = [
        Example("pilotlight flag default new-checkout on --message \"open to all\"", "Give everyone the variant on"),
        Example(
            "pilotlight flag default new-checkout off --environment staging --if-revision 41",
            "Only if nobody changed staging since revision 41"),
    ]

    @OptionGroup var flag: FlagChange
    @Argument(help: "One of the flag's variants.") var variant: String

    var connection: ConnectionOptions { flag.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.patch(["defaultVariant": .string(variant)], at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        flag.text("default variant \(variant)", answer, style)
    }
}
