import ArgumentParser
import JSON

/// What every command that changes one flag takes.
struct FlagChange: ParsableArguments {
    @Argument(help: "The flag's key.", completion: .custom(NameCompletion.flags)) var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func patch(_ members: JSONObject, at control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .patch, "environments", environment.name, "flags", key, body: members, terms: change.terms)
    }

    /// - Parameter verb: the last part of the path: `kill`.
    func post(_ verb: String, _ members: JSONObject, at control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .post, "environments", environment.name, "flags", key, verb, body: members, terms: change.terms)
    }

    func text(_ done: String, _ answer: JSONValue, _ style: OutputStyle) -> String {
        (["\(key): \(done)"] + DiffText.warnings(answer, style) + [RevisionText.outcome(answer)])
            .joined(separator: "\n")
    }
}
