import ArgumentParser
import JSON

struct FreezeRemoveCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take a freeze window away: releases go on.")

    static let examples = [
        Example(
            "pilotlight freeze remove holidays --message \"everyone is back\"", "Releases that wait for its end go on")
    ]

    @Argument(help: "The window's name.", completion: .custom(NameCompletion.freezes)) var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .delete, "environments", environment.name, FreezeSetCommand.list, name, terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { "\(PrintableText.of(name)): removed" }
}
