import ArgumentParser
import JSON

struct ReleaseDeleteCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a release that is over, or was never started; asks first.",
        discussion: """
            Its name is free again. A launched one goes only when nothing is left of what it launched; one that is on its \
            way is taken back first, by `pilotlight release cancel` or `rollback`. What was announced of it, and the history, \
            stay. Its record goes, with who did what and why; who deletes it, and the message, are in the control node's log \
            alone.
            """)

    static let examples = [
        Example("pilotlight release delete autumn-sale", "Asks on a terminal"),
        Example("pilotlight release delete autumn-sale --yes", "Without asking, for scripts"),
    ]

    @OptionGroup var release: ReleaseChange
    @OptionGroup var confirmation: ConfirmationOption

    var connection: ConnectionOptions { release.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let name = PrintableText.of(release.name)
        try confirmation.demand(
            "Delete release \(name) in \(release.environment.name)?", kept: "release \(name) is not deleted")
        return try await release.delete(at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { "\(PrintableText.of(release.name)): deleted" }
}
