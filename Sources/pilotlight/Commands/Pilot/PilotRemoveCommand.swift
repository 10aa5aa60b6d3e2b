import ArgumentParser
import JSON

struct PilotRemoveCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove members from a pilot group; an unknown group is refused, not made.")

    @OptionGroup var change: MemberChange

    var connection: ConnectionOptions { change.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await change.send("remove", to: control) }

    func text(for answer: JSONValue) -> String { change.text("removed", answer) }
}
