import ArgumentParser
import JSON

struct RollbackCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Publish, as a new revision, what flags and components were at an earlier one.",
        discussion: """
            Members of pilot groups stay as they are unless --pilots says otherwise. What would not fit together is \
            refused and named.
            """)

    static let examples = [
        Example("pilotlight rollback 41 --dry-run", "What would change?"),
        Example("pilotlight rollback 41 --message \"42 broke the cart\"", "As it was at revision 41"),
        Example("pilotlight rollback 41 --pilots", "Pilot groups and their members, too"),
    ]

    @Argument(help: "The number of the revision to go back to.") var revision: Int64
    @Flag(help: "Pilot groups and their members, too.") var pilots = false
    @Flag(help: "Show the difference and publish nothing.") var dryRun = false
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .post, "environments", environment.name, "rollback",
            body: ["revision": .integer(revision), "pilots": .bool(pilots), "dryRun": .bool(dryRun)],
            terms: change.terms.dryRun(dryRun))
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        DiffText.outcome(answer, dryRun: dryRun, style)
    }
}
