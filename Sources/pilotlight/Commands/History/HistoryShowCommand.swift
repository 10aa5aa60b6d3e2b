import ArgumentParser
import JSON

struct HistoryShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One revision: who, when, why, and what became of each definition.")

    static let examples = [Example("pilotlight history show 41", "Revision 41, line by line")]

    @Argument(help: "The revision's number.") var revision: Int64
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "history", "\(revision)")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { HistoryEntry(json: answer).full(style) }
}
