import ArgumentParser
import JSON

struct FlagShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One flag's definition.")

    static let examples = [Example("pilotlight flag show new-checkout", "Its definition, and at which revision")]

    @Argument(help: "The flag's key.", completion: .custom(NameCompletion.flags)) var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "flags", key)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        guard var definition = answer.objectValue else { return answer.prettyText() }
        definition["revision"] = nil
        return JSONValue.object(definition).prettyText()
            + "\n" + style.paint("at \(RevisionText.full(answer["revision"]))", .dim)
    }
}
