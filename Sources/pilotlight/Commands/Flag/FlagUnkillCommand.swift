import ArgumentParser
import JSON

struct FlagUnkillCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "unkill", abstract: "End a kill: the flag answers by its definition again, as it stands now.")

    static let examples = [
        Example(
            "pilotlight flag unkill new-checkout --message \"payments are back\"", "Let its definition answer again")
    ]

    @OptionGroup var flag: FlagChange

    var connection: ConnectionOptions { flag.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.post("unkill", [:], at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { flag.text("not killed", answer, style) }
}
