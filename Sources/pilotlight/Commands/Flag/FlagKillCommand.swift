import ArgumentParser
import JSON

struct FlagKillCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Give everyone a flag's off variant, at once and whatever its rules say.",
        discussion: """
            Without --to the off variant, and where the flag has none the default variant. Apply, rollback and promotion \
            leave a kill as it is: it ends by `pilotlight flag unkill`, which brings back every answer as it was, or \
            with the flag.
            """)

    static let examples = [
        Example("pilotlight flag kill new-checkout --message \"payments fail\"", "Everyone gets the off variant"),
        Example("pilotlight flag kill new-checkout --to readonly", "Everyone gets the variant readonly"),
        Example("pilotlight fleet --wait", "Has everyone got it?"),
    ]

    @OptionGroup var flag: FlagChange
    @Option(help: ArgumentHelp("The variant to serve instead of the off variant.", valueName: "variant")) var to:
        String?

    var connection: ConnectionOptions { flag.connection }

    var body: JSONObject { to.map { ["variant": .string($0)] } ?? [:] }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.post("kill", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        flag.text(DiffText.killed(answer, style), answer, style)
    }
}
