import ArgumentParser
import Flags
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
    @Option(help: "The share of users in percent, 0 to 100 with two decimals at most.") var percent: Percentage
    @Option(help: "The variant that a kill serves; the default variant, unless it is given the first time.")
    var off: String?
    @Option(
        help: "A pilot group that has the variant whatever the share; repeatable.",
        completion: .custom(NameCompletion.pilots))
    var pilot: [String] = []
    @Flag(help: "No pilot groups any more.") var noPilots = false
    @Option(
        help: ArgumentHelp(
            "A user or a pilot group that doesn't have it, at 100 % either; user:NAME and pilot:NAME say which. "
                + "Repeatable.", valueName: "user|group"), completion: .custom(NameCompletion.pilots))
    var exclude: [String] = []
    @Flag(help: "Exclude nobody any more.") var noExclude = false
    @Option(help: "Move from the present share to this one within that time.") var over: TimeSpan?
    @Option(
        help: ArgumentHelp(
            "The context's attribute that decides, so that a company's users stay together; \"\" for the targeting key.",
            valueName: "attribute"))
    var by: String?
    @Option(
        help: ArgumentHelp(
            "Flags with one salt take in the same users at the same share; \"\" for the flag's key.", valueName: "text")
    )
    var salt: String?

    var connection: ConnectionOptions { flag.connection }

    func validate() throws {
        if let over, over.duration < .seconds(1) {
            throw ValidationError("The value '\(over)' is invalid for '--over': give a second or more.")
        }
        if noPilots && !pilot.isEmpty { throw ValidationError("--pilot and --no-pilots exclude each other.") }
        if noExclude && !exclude.isEmpty { throw ValidationError("--exclude and --no-exclude exclude each other.") }
    }

    /// What is asked of the control node: only what was given.
    var body: JSONObject {
        var body: JSONObject = ["percentage": percent.json]
        if let variant { body["variant"] = .string(variant) }
        if let off { body["offVariant"] = .string(off) }
        if noPilots || !pilot.isEmpty { body["pilots"] = .array(pilot.map { .string($0) }) }
        if noExclude || !exclude.isEmpty { body["exclude"] = .array(exclude.map { .string($0) }) }
        if let by { body["bucketBy"] = .string(by) }
        if let salt { body["salt"] = .string(salt) }
        if let over { body["overSeconds"] = .integer(over.duration.components.seconds) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await flag.post("ramp", body, at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        var lines = DiffText.lines(answer, style)
        let after = answer["diff"]?.arrayValue?.first { $0["kind"] == .string("flag") }?["after"]
        if let ramp = RolloutText.ramp(of: after?["rollout"]) {
            lines.append("it ends at \(ramp.to.text) on \(TimeText.of(unixSeconds: ramp.end))")
        }
        return (lines + DiffText.warnings(answer, style) + [RevisionText.outcome(answer)]).joined(separator: "\n")
    }
}
