import ArgumentParser
import JSON

struct ReleaseCancelCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Give a release up before it runs: no user has seen it.",
        discussion: "One that runs or is held is taken back by `pilotlight release rollback`.")

    static let examples = [
        Example("pilotlight release cancel autumn-sale --message \"not this year\"", "Drafts and scheduled ones")
    ]

    @OptionGroup var release: ReleaseChange

    var connection: ConnectionOptions { release.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await release.post("cancel", [:], at: control) }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
