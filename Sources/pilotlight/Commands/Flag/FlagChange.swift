import ArgumentParser
import JSON

/// What every command that changes one flag takes.
struct FlagChange: ParsableArguments {
    @Argument(help: "The flag's key.") var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var message: MessageOption
    @OptionGroup var connection: ConnectionOptions

    func patch(_ members: JSONObject, at control: OperatorClient) async throws -> JSONValue {
        try await control.patch("environments", environment.name, "flags", key, body: message.added(to: members))
    }

    func text(_ done: String, _ answer: JSONValue) -> String { "\(key): \(done)\n\(RevisionText.outcome(answer))" }
}
