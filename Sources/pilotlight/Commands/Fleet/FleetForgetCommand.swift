import ArgumentParser
import JSON

struct FleetForgetCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Count an agent as gone; it is back as soon as it reports again.")

    @Argument(help: "The agent's id, as `pilotlight fleet` shows it.") var id: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.delete("environments", environment.name, "fleet", id)
    }

    func text(for answer: JSONValue) -> String { "\(id): forgotten" }
}
