import ArgumentParser
import JSON

struct ComponentRampCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "ramp",
        abstract: "Give a share of users a version ahead of the split: raise it, lower it, let it rise by itself.",
        discussion: """
            Who has it keeps it while the share rises, and the same users come back after it was lowered. What isn't \
            given stays as the component's rollout has it; a list that is given replaces the one there. Version pilots \
            come before the rollout; whom it excludes, gets what the split gives. With --over each agent raises the \
            share by its own clock, with or without the control node. Refused for a version without a verified \
            deployment, unless --unchecked is given.
            """)

    static let examples = [
        Example(
            "pilotlight component ramp checkout --version 1.1 --percent 1 --exclude bob",
            "Begin: 1 % of users, never Bob"),
        Example("pilotlight component ramp checkout --percent 20 --message \"no complaints\"", "Raise the share"),
        Example("pilotlight component ramp checkout --percent 100 --over 2h", "Blue to green within two hours"),
    ]

    @OptionGroup var component: ComponentChange
    @Option(help: "The version that the share gets; needed the first time.") var version: String?
    @OptionGroup var ramp: RampOptions
    @OptionGroup var check: UncheckedOption

    var connection: ConnectionOptions { component.connection }

    /// What is asked of the control node: only what was given.
    var body: JSONObject {
        var body = check.added(to: ramp.body)
        if let version { body["version"] = .string(version) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await component.post("ramp", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { RampOptions.outcome(answer, style) }
}
