import ArgumentParser
import JSON

struct PilotEditCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Change a pilot group's rule, percentage or exclusions; its members stay.",
        discussion: "What isn't given stays as it is; what is given replaces that part whole.")

    static let examples = [
        Example("pilotlight pilot edit one-in-ten --percent 20", "Those who were in stay in"),
        Example("pilotlight pilot edit gold --exclude bob --exclude cleo", "Both, and nobody else"),
        Example("pilotlight pilot edit gold --no-rule --percent 0", "Its members only"),
    ]

    @Argument(help: "The pilot group's name.", completion: .custom(NameCompletion.pilots)) var name: String
    @OptionGroup var terms: PilotTerms
    @Flag(help: "Take the rule out.") var noRule = false
    @Flag(help: "Exclude nobody any more.") var noExclude = false
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if noRule && terms.rule != nil { throw ValidationError("--rule and --no-rule exclude each other.") }
        if noExclude && !terms.exclude.isEmpty {
            throw ValidationError("--exclude and --no-exclude exclude each other.")
        }
        guard noRule || noExclude || terms.rule != nil || terms.percent != nil || !terms.exclude.isEmpty else {
            throw ValidationError("Say what changes: --rule, --percent, --exclude, --no-rule or --no-exclude.")
        }
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        var body = try terms.body()
        if noRule { body["rule"] = .null }
        if noExclude { body["exclude"] = .null }
        return try await control.change(
            .patch, "environments", environment.name, "pilots", name, body: body, terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { DiffText.outcome(answer, style) }
}
