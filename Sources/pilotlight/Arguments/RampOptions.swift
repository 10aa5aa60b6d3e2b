import ArgumentParser
import Flags
import JSON

/// Which users are given something ahead of the others: a flag's variant, a component's version.
struct RampOptions: ParsableArguments {
    @Option(help: "The share of users in percent, 0 to 100 with two decimals at most.") var percent: Percentage
    @Option(
        help: "A pilot group that has it whatever the share; repeatable.",
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
            "What has one salt takes in the same users at the same share; \"\" for a share of its own.",
            valueName: "text"))
    var salt: String?

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
        if noPilots || !pilot.isEmpty { body["pilots"] = .array(pilot.map { .string($0) }) }
        if noExclude || !exclude.isEmpty { body["exclude"] = .array(exclude.map { .string($0) }) }
        if let by { body["bucketBy"] = .string(by) }
        if let salt { body["salt"] = .string(salt) }
        if let over { body["overSeconds"] = .integer(over.duration.components.seconds) }
        return body
    }

    /// What it came to, and when it ends if the share moves by itself.
    static func outcome(_ answer: JSONValue, _ style: OutputStyle) -> String {
        var lines = DiffText.lines(answer, style)
        let ramps = (answer["diff"]?.arrayValue ?? []).lazy.compactMap { RolloutText.ramp(of: $0["after"]?["rollout"]) }
        if let ramp = ramps.first {
            lines.append("it ends at \(ramp.to.text) on \(TimeText.of(unixSeconds: ramp.end))")
        }
        return (lines + DiffText.warnings(answer, style) + [RevisionText.outcome(answer)]).joined(separator: "\n")
    }
}
