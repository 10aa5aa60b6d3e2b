import ArgumentParser
import JSON

struct PilotRemoveCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove members from a pilot group; an unknown group is refused, not made.")

    static let examples = [
        Example("pilotlight pilot remove early-birds bob", "One less"),
        Example("pilotlight pilot remove early-birds --from left.txt --message \"left\"", "A list, one to a line"),
    ]

    @OptionGroup var change: MemberChange

    var connection: ConnectionOptions { change.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await change.send("remove", to: control) }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { change.text("removed", answer) }
}
