import ArgumentParser
import JSON

struct ReleaseRollbackCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Take a release back: what it changed is again what it was.",
        discussion: """
            A running or held one ends at once. Of a launched one, what the launch changed is put back, whatever else was \
            changed since; where somebody changed the same after it, that is a conflict: all of them are named and \
            nothing is done, unless --skip-conflicts leaves those as they are.
            """)

    static let examples = [
        Example("pilotlight release rollback autumn-sale --message \"carts are empty\"", "As before the release"),
        Example("pilotlight release rollback autumn-sale --skip-conflicts", "But for what was changed since"),
    ]

    @OptionGroup var release: ReleaseChange
    @Flag(help: "Leave what somebody changed since the launch as it is.") var skipConflicts = false

    var connection: ConnectionOptions { release.connection }

    var body: JSONObject { ["skipConflicts": .bool(skipConflicts)] }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await release.post("rollback", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
