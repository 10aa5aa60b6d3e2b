import ArgumentParser
import JSON

struct PilotShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One pilot group's members, one to a line.")

    static let examples = [
        Example("pilotlight pilot show early-birds", "Its members, and their count on a terminal"),
        Example("pilotlight pilot show early-birds --json", "With the flags that refer to it"),
    ]

    @Argument(help: "The pilot group's name.", completion: .custom(NameCompletion.pilots)) var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.list("environments", environment.name, "pilots", name, member: "members")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let members = (answer["members"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard style.isTerminal else { return members.joined(separator: "\n") }
        let count = "\(CountText.of(members.count, "member")) in \(name)"
        return (members.map(PrintableText.of) + [style.paint(count, .dim)]).joined(separator: "\n")
    }
}
