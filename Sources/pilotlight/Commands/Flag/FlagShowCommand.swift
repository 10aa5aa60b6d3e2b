import ArgumentParser
import JSON

struct FlagShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One flag's definition.")

    @Argument(help: "The flag's key.") var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "flags", key)
    }

    func text(for answer: JSONValue) -> String {
        guard var definition = answer.objectValue else { return answer.prettyText() }
        definition["revision"] = nil
        return JSONValue.object(definition).prettyText() + "\nat \(RevisionText.full(answer["revision"]))"
    }
}
