import ArgumentParser
import JSON

struct DeploymentListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "What was recorded beside what agents report, and who disagrees.")

    static let examples = [
        Example("pilotlight deployment list", "Of every component"),
        Example("pilotlight deployment list checkout --environment staging --json", "Of one, in staging, as JSON"),
    ]

    @Argument(help: "One component.", completion: .custom(NameCompletion.deployed)) var component: String?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get(
            "environments", environment.name, DeploymentChange.list,
            query: component.map { ["component": $0] } ?? [:])
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let recorded = (answer["deployments"]?.arrayValue ?? []).map(ShownDeployment.init)
        let observed = (answer["observed"]?.arrayValue ?? []).map(ObservedVersion.init)
        var table = TextTable("COMPONENT", "VERSION", "STATE", "WHERE", "UPSTREAM", "AGENTS", "CHECK", "BY", "WHEN")
        for deployment in recorded {
            table.add(
                TextTable.Cell(deployment.component, .bold), deployment.version, deployment.stateCell,
                deployment.place ?? "–", deployment.upstream ?? "–", deployment.agents, deployment.check ?? "–",
                deployment.by ?? "–", deployment.time ?? "–")
        }
        let unrecorded = observed.filter { seen in
            !recorded.contains { $0.component == seen.component && $0.version == seen.version && $0.state != .retired }
        }
        for version in unrecorded {
            table.add(
                TextTable.Cell(version.component, .bold), version.version, TextTable.Cell("not recorded", .yellow),
                "–", "–", version.agents, "–", "–", "–")
        }
        let lines = [
            table.text(
                style,
                summary: "\(CountText.of(recorded.count, "deployment"))"
                    + (unrecorded.isEmpty ? "" : ", \(unrecorded.count) not recorded,") + " in \(environment.name)")
        ]
        let disagreements = (answer["disagreements"]?.arrayValue ?? []).compactMap(\.stringValue).map {
            style.paint("disagreement:", .yellow) + " " + PrintableText.of($0)
        }
        return (lines + disagreements).filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
