import ArgumentParser
import JSON

struct FlagShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One flag's definition, its rollout in words, and what kill or release stands above it.")

    static let examples = [
        Example("pilotlight flag show new-checkout", "Its definition, who gets what, and at which revision")
    ]

    @Argument(help: "The flag's key.", completion: .custom(NameCompletion.flags)) var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "flags", key)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { Self.text(for: answer, at: TimeText.now, style) }

    /// - Parameter now: seconds since 1970, for the share that a ramp is at.
    static func text(for answer: JSONValue, at now: Int64, _ style: OutputStyle) -> String {
        guard var definition = answer.objectValue else { return answer.prettyText() }
        for member in ["revision", "killed", "release", "stale"] { definition[member] = nil }
        var lines: [String] = []
        if let kill = RolloutText.kill(of: answer) { lines.append(style.paint("KILLED: \(kill)", .red)) }
        if let release = OwnerText.of(answer) { lines.append(style.paint("RELEASE: \(release)", .cyan)) }
        lines.append(JSONValue.object(definition).prettyText())
        if let rollout = RolloutText.of(answer["rollout"], at: now) { lines.append("rollout: \(rollout)") }
        if let required = RolloutText.prerequisites(of: answer) { lines.append("requires: \(required)") }
        if let off = answer["offVariant"]?.stringValue { lines.append("a kill serves: \(PrintableText.of(off))") }
        if let stale = StaleText.of(answer["stale"]) { lines.append(style.paint("stale: \(stale)", .yellow)) }
        lines.append(style.paint("at \(RevisionText.full(answer["revision"]))", .dim))
        return lines.joined(separator: "\n")
    }
}
