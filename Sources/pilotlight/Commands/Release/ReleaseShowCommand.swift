import ArgumentParser
import JSON

struct ReleaseShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Where a release stands: its stages, its gate, what it waits for, and who did what to it.")

    static let examples = [
        Example("pilotlight release show autumn-sale", "All of it at a glance"),
        Example("pilotlight release show autumn-sale --json", "With its plan and its whole history"),
    ]

    @Argument(help: "The release's name.", completion: .custom(NameCompletion.releases)) var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, ReleaseChange.list, name)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        ReleasePicture(answer).text(at: TimeText.now, style)
    }
}
