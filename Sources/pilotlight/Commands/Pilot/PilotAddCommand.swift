import ArgumentParser
import JSON

struct PilotAddCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add members to a pilot group; an unknown group is refused, not made.")

    @OptionGroup var arguments: MemberArguments
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var message: MessageOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let change = MemberChange(
            verb: "add", environment: environment.name, arguments: arguments, message: message)
        return try await change.send(to: control)
    }

    func text(for answer: JSONValue) -> String {
        "\(arguments.name): \(CountText.of(answer["changed"]?.integerValue ?? 0, "member")) added\n\(RevisionText.outcome(answer))"
    }
}
