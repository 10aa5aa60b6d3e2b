import ArgumentParser
import JSON

struct ComponentRetireVersionCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire-version",
        abstract: "Serve a version to nobody any more: its users get the default version.",
        discussion: """
            Nobody else moves. Refused for the default version, and for the one that a kill serves. \
            `pilotlight component add-version` brings it back.
            """)

    static let examples = [
        Example("pilotlight component retire-version checkout 1.0 --message \"blue goes\"", "Before blue is taken down")
    ]

    @OptionGroup var component: ComponentChange
    @Argument(help: "The version.") var version: String

    var connection: ConnectionOptions { component.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await component.version(version, .delete, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { DiffText.outcome(answer, style) }
}
