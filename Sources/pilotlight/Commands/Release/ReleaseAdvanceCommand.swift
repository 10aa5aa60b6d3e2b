import ArgumentParser
import JSON

struct ReleaseAdvanceCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "advance", abstract: "Go on to a release's next stage.",
        discussion: """
            Refused while its gate isn't green, in a freeze window, and before the stage's minimum time is over. After \
            the last stage comes `pilotlight release launch`.

            With --to, two who advance at the same moment pass one stage and not two: the second is told that it is there.
            """)

    static let examples = [
        Example("pilotlight release advance autumn-sale --message \"no complaints\"", "The next stage"),
        Example("pilotlight release advance autumn-sale --to \"10 %\"", "That stage, and no other"),
        Example("pilotlight release advance autumn-sale --early", "Before the stage's minimum time is over"),
    ]

    @OptionGroup var release: ReleaseChange
    @Option(
        help: ArgumentHelp(
            "Refuse unless this stage is the next one: its name, or its number from 1.", valueName: "stage"))
    var to: String?
    @OptionGroup var forward: ForwardOptions

    var connection: ConnectionOptions { release.connection }

    var body: JSONObject {
        var body = forward.members
        if let to { body["to"] = .string(to) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await release.post("advance", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
