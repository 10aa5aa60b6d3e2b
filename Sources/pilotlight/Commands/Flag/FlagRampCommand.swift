import ArgumentParser
import JSON

struct FlagRampCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "ramp",
        abstract: "Give a share of users a variant ahead of the others: raise it, lower it, let it rise by itself.",
        discussion: """
            Who has it keeps it while the share rises, and the same users come back after it was lowered. What isn't \
            given stays as the flag's rollout has it; a list that is given replaces the one there. Targeting comes \
            before the rollout, exclusions before groups, groups before the share. With --over each agent raises the \
            share by its own clock, with or without the control node.
            """)

    static let examples = [
        Example(
            "pilotlight flag ramp new-checkout --variant on --percent 5 --pilot early-birds --exclude bob",
            "Begin: 5 % of users, all of a pilot group, never Bob"),
        Example("pilotlight flag ramp new-checkout --percent 20 --message \"no complaints\"", "Raise the share"),
        Example(
            "pilotlight flag ramp new-checkout --percent 100 --over 2h", "Let it rise to everyone within two hours"),
        Example(
            "pilotlight flag ramp new-basket --variant on --percent 5 --by companyId --salt spring",
            "Whole companies, and the same as of every other flag with this salt"),
    ]

    @OptionGroup var flag: FlagChange
    @Option(help: "The variant that the share gets; needed the first time.") var variant: String?
    @OptionGroup var ramp: RampOptions
    @Option(help: "The variant that a kill serves; the default variant, unless it is given the first time.")
    var off: String?

    var connection: ConnectionOptions { flag.connection }

    /// What is asked of the control node: only what was given.
    var body: JSONObject {
        var body = ramp.body
        if let variant { body["variant"] = .string(variant) }
        if let off { body["offVariant"] = .string(off) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.post("ramp", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { RampOptions.outcome(answer, style) }
}
