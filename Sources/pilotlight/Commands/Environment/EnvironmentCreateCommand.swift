import ArgumentParser
import JSON

struct EnvironmentCreateCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make an environment.")

    static let examples = [
        Example("pilotlight environment create staging", "Empty; agents join it with --environment staging"),
        Example("pilotlight environment create new-shop --bucketing v3", "With the other bucketing algorithm"),
    ]

    /// How targeting keys are hashed into buckets; fixed for the environment's life.
    enum Bucketing: String, ExpressibleByArgument, CaseIterable {
        case v2, v3
    }

    @Argument(help: "The environment's name.") var name: String
    @Option(help: "The bucketing algorithm, fixed from now on.") var bucketing: Bucketing = .v2
    @OptionGroup var message: MessageOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.order(
            .post, "environments",
            body: message.added(to: ["name": .string(name), "bucketing": .string(bucketing.rawValue)]))
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        "\(name): created, bucketing \(bucketing.rawValue)\n\(RevisionText.full(answer["revision"]))"
    }
}
