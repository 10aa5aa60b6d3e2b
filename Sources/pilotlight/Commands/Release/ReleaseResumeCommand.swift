import ArgumentParser
import JSON

struct ReleaseResumeCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a held release go on from the stage that it is in.",
        discussion: "Refused while its gate isn't green, something it changes is killed, or in a freeze window.")

    static let examples = [
        Example("pilotlight release resume autumn-sale --message \"support is back\"", "From where it was held")
    ]

    @OptionGroup var release: ReleaseChange
    @OptionGroup var freeze: DespiteFreezeOption

    var connection: ConnectionOptions { release.connection }

    var body: JSONObject { ["despiteFreeze": .bool(freeze.despiteFreeze)] }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await release.post("resume", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
