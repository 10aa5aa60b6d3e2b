import ArgumentParser
import JSON

struct FlagEnableCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Set a flag's state to ENABLED: answers by its definition.")

    static let examples = [Example("pilotlight flag enable new-checkout", "Let its definition answer again")]

    @OptionGroup var flag: FlagChange

    var connection: ConnectionOptions { flag.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.patch(["state": .string("ENABLED")], at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { flag.text("enabled", answer, style) }
}
