import ArgumentParser
import JSON

struct ReleaseLaunchCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch", abstract: "Give a running release to everyone: the pilot ends, and it is announced.",
        discussion: """
            What it releases becomes the default of each flag and component; rollouts, splits and version pilots of them \
            end. Users whom a flag's targeting names keep their answer. `pilotlight flag list --stale` shows the flags \
            that can go. Refused while its gate isn't green, in a freeze window, and before the stage's minimum time is \
            over.
            """)

    static let examples = [
        Example("pilotlight release launch autumn-sale --message \"open to all\"", "Everyone, from any stage"),
        Example("pilotlight release launch autumn-sale --early", "Before the stage's minimum time is over"),
    ]

    @OptionGroup var release: ReleaseChange
    @OptionGroup var forward: ForwardOptions

    var connection: ConnectionOptions { release.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await release.post("launch", forward.members, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
