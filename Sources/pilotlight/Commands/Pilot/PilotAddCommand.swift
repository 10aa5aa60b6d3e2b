import ArgumentParser
import JSON

struct PilotAddCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add members to a pilot group; an unknown group is refused, not made.",
        discussion: """
            Long lists go in requests of at most 5,000 members, each a change of its own; repeating the command after a \
            failure does no harm.
            """)

    static let examples = [
        Example("pilotlight pilot add early-birds ann bob", "Two more"),
        Example("pilotlight pilot add early-birds --from members.txt", "A list of any length, one to a line"),
        Example("pilotlight pilot add early-birds --from users.csv --column email", "A column of a CSV file"),
        Example(
            "pilotlight pilot show beta | pilotlight pilot add early-birds --from -", "Everyone who is in another group"
        ),
    ]

    @OptionGroup var change: MemberChange

    var connection: ConnectionOptions { change.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await change.send("add", to: control) }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { change.text("added", answer) }
}
