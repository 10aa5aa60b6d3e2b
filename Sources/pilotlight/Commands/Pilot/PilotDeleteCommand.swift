import ArgumentParser
import JSON

struct PilotDeleteCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a pilot group, its members with it; asks first.",
        discussion: "Refused while a flag or a component refers to it.")

    static let examples = [
        Example("pilotlight pilot delete early-birds", "Asks on a terminal"),
        Example("pilotlight pilot delete early-birds --yes", "Without asking, for scripts"),
    ]

    @Argument(help: "The pilot group's name.", completion: .custom(NameCompletion.pilots)) var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let shown = PrintableText.of(name)
        try confirmation.demand(
            "Delete pilot group \(shown) and its members in \(environment.name)?",
            kept: "pilot group \(shown) is not deleted")
        return try await control.change(
            .delete, "environments", environment.name, "pilots", name, terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        "\(name): deleted\n\(RevisionText.outcome(answer))"
    }
}
