import ArgumentParser
import JSON

struct FlagDeleteCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a flag; asks first.",
        discussion: "Whoever still looks it up gets FLAG_NOT_FOUND and with it their own default.")

    static let examples = [
        Example("pilotlight flag delete old-checkout", "Asks on a terminal"),
        Example("pilotlight flag delete old-checkout --yes --message \"code is gone\"", "Without asking, for scripts"),
    ]

    @OptionGroup var flag: FlagChange
    @OptionGroup var confirmation: ConfirmationOption

    var connection: ConnectionOptions { flag.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let name = PrintableText.of(flag.key)
        try confirmation.demand(
            "Delete flag \(name) in \(flag.environment.name)?", kept: "flag \(name) is not deleted")
        return try await flag.delete(at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { flag.text("deleted", answer, style) }
}
