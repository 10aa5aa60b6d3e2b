import ArgumentParser
import JSON

struct ComponentAddVersionCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-version", abstract: "Add a version to a component; nobody gets it yet.",
        discussion: """
            Of a version that is there, it changes the upstream, if one is given. A retired one is brought back: whatever \
            still names it gives it again.
            """)

    static let examples = [
        Example("pilotlight component add-version checkout 1.1 --upstream green", "Version 1.1 runs behind green"),
        Example("pilotlight component add-version checkout 1.1", "Bring 1.1 back, if it was retired"),
    ]

    @OptionGroup var component: ComponentChange
    @Argument(help: "The version.") var version: String
    @OptionGroup var upstream: UpstreamOption

    var connection: ConnectionOptions { component.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await component.version(version, .put, upstream.added(to: [:]), at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { DiffText.outcome(answer, style) }
}
