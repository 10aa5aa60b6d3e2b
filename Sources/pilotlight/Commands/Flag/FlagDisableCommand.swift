import ArgumentParser
import JSON

struct FlagDisableCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Set a flag's state to DISABLED: callers get their own default.")

    static let examples = [
        Example("pilotlight flag disable new-checkout --message \"payments fail\"", "Callers get their own default")
    ]

    @OptionGroup var flag: FlagChange

    var connection: ConnectionOptions { flag.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.patch(["state": .string("DISABLED")], at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { flag.text("disabled", answer, style) }
}
