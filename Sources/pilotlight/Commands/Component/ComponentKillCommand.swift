import ArgumentParser
import JSON

struct ComponentKillCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Give everyone a component's default version, at once and whatever else is set.",
        discussion: """
            Apply, rollback and promotion leave a kill as it is: it ends by `pilotlight component unkill`, which brings \
            back every answer as it was, or with the component.
            """)

    static let examples = [
        Example(
            "pilotlight component kill checkout --message \"1.1 loses orders\"", "Everyone gets the default version"),
        Example("pilotlight component kill checkout --to 1.1", "Everyone gets 1.1"),
    ]

    @OptionGroup var component: ComponentChange
    @Option(help: ArgumentHelp("The version to serve instead of the default version.", valueName: "version"))
    var to: String?

    var connection: ConnectionOptions { component.connection }

    var body: JSONObject { to.map { ["version": .string($0)] } ?? [:] }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await component.post("kill", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        component.text(DiffText.killed(answer, style), answer, style)
    }
}
