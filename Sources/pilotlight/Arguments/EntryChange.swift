import ArgumentParser
import JSON

/// What commands that change one flag or one component have in common.
protocol EntryChange: ParsableArguments {
    /// The list that it stands in, in the operator API's paths.
    static var list: String { get }

    var key: String { get }
    var environment: EnvironmentOption { get }
    var change: ChangeOptions { get }
    var connection: ConnectionOptions { get }
}

extension EntryChange {
    func patch(_ members: JSONObject, at control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .patch, "environments", environment.name, Self.list, key, body: members, terms: change.terms)
    }

    /// - Parameter verb: the last part of the path: `kill`.
    func post(_ verb: String, _ members: JSONObject, at control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .post, "environments", environment.name, Self.list, key, verb, body: members, terms: change.terms)
    }

    func delete(at control: OperatorClient) async throws -> JSONValue {
        try await control.change(.delete, "environments", environment.name, Self.list, key, terms: change.terms)
    }

    func text(_ done: String, _ answer: JSONValue, _ style: OutputStyle) -> String {
        (["\(key): \(done)"] + DiffText.warnings(answer, style) + [RevisionText.outcome(answer)])
            .joined(separator: "\n")
    }
}
