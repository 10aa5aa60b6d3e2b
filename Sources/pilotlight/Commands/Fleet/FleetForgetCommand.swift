import ArgumentParser
import JSON

struct FleetForgetCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Count an agent as gone; it is back as soon as it reports again.")

    static let examples = [
        Example(
            "pilotlight fleet forget 6f1c0a9be2d34718", "A machine that won't come back; ids are in `pilotlight fleet`")
    ]

    @Argument(help: "The agent's id, as `pilotlight fleet` shows it.") var id: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.order(.delete, "environments", environment.name, "fleet", id)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { "\(id): forgotten" }
}
