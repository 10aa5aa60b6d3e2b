import ArgumentParser
import JSON

struct DeploymentRetireCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Say that a version is on machines no more: nothing can be released onto it.",
        discussion: "Who is given the version still is: `pilotlight component retire-version` takes users off it.")

    static let examples = [
        Example("pilotlight deployment retire checkout 1.4.1 --message \"blue is taken down\"", "It is gone"),
        Example("pilotlight deployment retire checkout 1.4.1 --where eu-west", "From one place of several"),
    ]

    @OptionGroup var deployment: DeploymentChange

    var connection: ConnectionOptions { deployment.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .delete, "environments", deployment.environment.name, DeploymentChange.list, deployment.component,
            deployment.version, query: deployment.place.map { ["where": $0] } ?? [:], terms: deployment.change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let warnings = DiffText.warnings(answer, style)
        let retired = (answer["retired"]?.arrayValue ?? []).map {
            // What they warn of is what speaks against it.
            ShownDeployment($0).outcome(style, withDisagreement: warnings.isEmpty)
        }
        return (retired + warnings).joined(separator: "\n")
    }
}
