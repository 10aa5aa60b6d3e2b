import ArgumentParser
import JSON

struct ComponentDeleteCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a component, its kill with it; asks first.",
        discussion: "Refused while a flag requires it. Whoever still asks for it is told that it isn't there.")

    static let examples = [
        Example("pilotlight component delete old-checkout", "Asks on a terminal"),
        Example("pilotlight component delete old-checkout --yes", "Without asking, for scripts"),
    ]

    @OptionGroup var component: ComponentChange
    @OptionGroup var confirmation: ConfirmationOption

    var connection: ConnectionOptions { component.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let name = PrintableText.of(component.name)
        try confirmation.demand(
            "Delete component \(name) in \(component.environment.name)?", kept: "component \(name) is not deleted")
        return try await component.delete(at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { component.text("deleted", answer, style) }
}
