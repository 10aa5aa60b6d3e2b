import ArgumentParser
import JSON

struct PilotAddCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add members to a pilot group; an unknown group is refused, not made.")

    @OptionGroup var change: MemberChange

    var connection: ConnectionOptions { change.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await change.send("add", to: control) }

    func text(for answer: JSONValue) -> String { change.text("added", answer) }
}
