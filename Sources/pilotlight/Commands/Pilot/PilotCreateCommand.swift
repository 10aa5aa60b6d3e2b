import ArgumentParser
import JSON

struct PilotCreateCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a pilot group: of members, a rule, a percentage, or all of them together.",
        discussion: """
            Members come by `pilotlight pilot add`. In is who is a member, whoever the rule is true for, and the \
            percentage; less those whom the group excludes.
            """)

    static let examples = [
        Example("pilotlight pilot create early-birds", "Then add members to it"),
        Example("pilotlight pilot create gold --rule gold.json --exclude bob", "By a rule, but never Bob"),
        Example("pilotlight pilot create one-in-ten --percent 10", "The same tenth of all users for every flag"),
    ]

    @Argument(help: "The pilot group's name.") var name: String
    @OptionGroup var terms: PilotTerms
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        var body = try terms.body()
        body["name"] = .string(name)
        return try await control.change(
            .post, "environments", environment.name, "pilots", body: body, terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        (["\(name): created"] + DiffText.warnings(answer, style) + [RevisionText.outcome(answer)])
            .joined(separator: "\n")
    }
}
