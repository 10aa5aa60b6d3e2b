import ArgumentParser
import JSON

struct EnvironmentCreateCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make an environment.")

    /// How targeting keys are hashed into buckets; fixed for the environment's life.
    enum Bucketing: String, ExpressibleByArgument, CaseIterable {
        case v2, v3
    }

    @Argument(help: "The environment's name.") var name: String
    @Option(help: "The bucketing algorithm, fixed from now on.") var bucketing: Bucketing = .v2
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.post(
            "environments", body: ["name": .string(name), "bucketing": .string(bucketing.rawValue)])
    }

    func text(for answer: JSONValue) -> String {
        "\(name): created, bucketing \(bucketing.rawValue)\n\(RevisionText.full(answer["revision"]))"
    }
}
