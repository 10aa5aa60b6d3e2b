import ArgumentParser
import JSON

struct ComponentShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One component's definition, its rollout in words, and what kill or release stands above it.",
        discussion: "A split is shown in shares; with --json as the runs of slots that it is kept as.")

    static let examples = [
        Example("pilotlight component show checkout", "Its definition, and at which revision"),
        Example("pilotlight component who checkout", "Who gets which version, in words"),
    ]

    @Argument(help: "The component's name.", completion: .custom(NameCompletion.components)) var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, ComponentChange.list, name)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { Self.text(for: answer, at: TimeText.now, style) }

    /// - Parameter now: seconds since 1970, for the share that a ramp is at.
    static func text(for answer: JSONValue, at now: Int64, _ style: OutputStyle) -> String {
        guard var definition = answer.objectValue else { return answer.prettyText() }
        for member in ["revision", "killed", "release", "shares", "default"] { definition[member] = nil }
        var lines: [String] = []
        if let kill = RolloutText.kill(of: answer) { lines.append(style.paint("KILLED: \(kill)", .red)) }
        if let release = OwnerText.of(answer) { lines.append(style.paint("RELEASE: \(release)", .cyan)) }
        lines.append(ShownComponent.legible(.object(definition)).prettyText())
        if let rollout = RolloutText.of(answer["rollout"], at: now) { lines.append("rollout: \(rollout)") }
        lines.append(style.paint("at \(RevisionText.full(answer["revision"]))", .dim))
        return lines.joined(separator: "\n")
    }
}
