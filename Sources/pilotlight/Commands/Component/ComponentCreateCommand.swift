import ArgumentParser
import JSON

struct ComponentCreateCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a component with its first version, which everyone gets.",
        discussion: "Refused where there is one of this name.")

    static let examples = [
        Example("pilotlight component create checkout --version 1.0 --upstream blue", "Version 1.0 runs behind blue"),
        Example("pilotlight component create search --version 2026-11-21", "Without an upstream"),
    ]

    @Argument(help: "The component's name.") var name: String
    @Option(help: "Its first version, the default one.") var version: String
    @OptionGroup var upstream: UpstreamOption
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .post, "environments", environment.name, ComponentChange.list,
            body: upstream.added(to: ["name": .string(name), "version": .string(version)]), terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        (["\(name): created, version \(version) for everyone"] + DiffText.warnings(answer, style)
            + [RevisionText.outcome(answer)]).joined(separator: "\n")
    }
}
