import ArgumentParser
import JSON

/// What every command that changes one component takes.
struct ComponentChange: EntryChange {
    static let list = "components"

    @Argument(help: "The component's name.", completion: .custom(NameCompletion.components)) var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    var key: String { name }

    /// A change of one version.
    func version(
        _ version: String, _ method: OperatorClient.Method, _ members: JSONObject? = nil, at control: OperatorClient
    ) async throws -> JSONValue {
        try await control.change(
            method, "environments", environment.name, Self.list, name, "versions", version, body: members,
            terms: change.terms)
    }
}
