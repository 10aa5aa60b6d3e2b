import ArgumentParser
import JSON

struct EnvironmentPromoteCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Take definitions from one environment into another, as one change.",
        discussion: """
            Without keys, every flag and every component; pilot groups with their members only when they are named, or \
            with --pilots. A key is a flag's, or else a component's or a group's; flag:KEY, component:NAME and \
            pilot:NAME say which. Nothing is deleted.
            """)

    static let examples = [
        Example("pilotlight environment promote staging production --dry-run", "What would change?"),
        Example(
            "pilotlight environment promote staging production new-checkout pilot:early-birds --message \"tested\"",
            "One flag and one pilot group"),
    ]

    @Argument(help: "The environment to take from.", completion: .custom(NameCompletion.environments))
    var source: String
    @Argument(help: "The environment that receives.", completion: .custom(NameCompletion.environments))
    var target: String
    @Argument(
        help: "Flags, components and pilot groups; otherwise every flag and component.",
        completion: .custom(NameCompletion.flagsAndComponents))
    var keys: [String] = []
    @Flag(help: "Pilot groups with their members, too.") var pilots = false
    @Flag(help: "Show the difference and publish nothing.") var dryRun = false
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        var body: JSONObject = ["from": .string(source), "pilots": .bool(pilots), "dryRun": .bool(dryRun)]
        if !keys.isEmpty { body["keys"] = .array(keys.map { .string($0) }) }
        return try await control.change(
            .post, "environments", target, "promote", body: body, terms: change.terms.dryRun(dryRun))
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        DiffText.outcome(answer, dryRun: dryRun, style)
    }
}
