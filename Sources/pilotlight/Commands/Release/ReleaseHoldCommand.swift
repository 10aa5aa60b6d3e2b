import ArgumentParser
import JSON

struct ReleaseHoldCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep a release at its stage: who has it keeps it, nobody else gets it.")

    static let examples = [
        Example("pilotlight release hold autumn-sale --message \"support is flooded\"", "Until it is resumed")
    ]

    @OptionGroup var release: ReleaseChange

    var connection: ConnectionOptions { release.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await release.post("hold", [:], at: control) }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
