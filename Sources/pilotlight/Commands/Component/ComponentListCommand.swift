import ArgumentParser
import JSON

struct ComponentListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every component of an environment.")

    static let examples = [
        Example("pilotlight component list", "Each one's default version, versions, and who gets which"),
        Example("pilotlight component list --environment staging --json", "Whole definitions, as JSON"),
    ]

    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.list("environments", environment.name, ComponentChange.list, member: "components")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { text(for: answer, at: TimeText.now, style) }

    /// - Parameter now: seconds since 1970, for the share that a ramp is at.
    func text(for answer: JSONValue, at now: Int64, _ style: OutputStyle) -> String {
        let components = (answer["components"]?.arrayValue ?? []).map(ShownComponent.init)
        var table = TextTable("COMPONENT", "DEFAULT", "VERSIONS", "PILOTS", "ROLLOUT", "SPLIT", "KILL", "RELEASE")
        for component in components {
            let versions = component.versions.map { component.isRetired($0) ? "\($0) (retired)" : $0 }
            let pilots = component.pilots.map { "\($0.pilot) \($0.version)" }
            table.add(
                TextTable.Cell(component.name, .bold), component.defaultVersion, versions.joined(separator: ", "),
                pilots.isEmpty ? "–" : pilots.joined(separator: ", "),
                RolloutText.of(component.json["rollout"], at: now) ?? "–", component.split ?? "–",
                component.kill.map { TextTable.Cell($0, .red) } ?? TextTable.Cell("–"),
                OwnerText.of(component.json) ?? "–")
        }
        let killed = components.count { $0.kill != nil }
        return table.text(
            style,
            summary: "\(CountText.of(components.count, "component"))\(killed > 0 ? ", \(killed) killed," : "") in "
                + "\(environment.name) at " + RevisionText.full(answer["revision"]))
    }
}
