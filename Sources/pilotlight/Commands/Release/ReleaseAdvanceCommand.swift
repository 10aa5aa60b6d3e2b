import ArgumentParser
import JSON

struct ReleaseAdvanceCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "advance", abstract: "Go on to a release's next stage.",
        discussion: """
            Refused while its gate isn't green, in a freeze window, and before the stage's minimum time is over. After \
            the last stage comes `pilotlight release launch`.
            """)

    static let examples = [
        Example("pilotlight release advance autumn-sale --message \"no complaints\"", "The next stage"),
        Example("pilotlight release advance autumn-sale --early", "Before the stage's minimum time is over"),
    ]

    @OptionGroup var release: ReleaseChange
    @OptionGroup var early: EarlyOption
    @OptionGroup var freeze: DespiteFreezeOption

    var connection: ConnectionOptions { release.connection }

    var body: JSONObject { ["early": .bool(early.early), "despiteFreeze": .bool(freeze.despiteFreeze)] }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await release.post("advance", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
