import ArgumentParser
import JSON

struct DeploymentRecordCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Say that a version is on machines, for a pipeline to do when it has put it there.",
        discussion: """
            With --verify the control node asks that address, and a whole answer of HTTP 200 to 299 within ten seconds is \
            a check that has passed. The deployment and the result are kept either way; exit code 1 if the check failed. \
            Nobody gets the version by this.
            """)

    static let examples = [
        Example(
            "pilotlight deployment record checkout 1.4.2 --upstream green --verify http://green.internal:8080/healthz",
            "Version 1.4.2 runs behind green, and is asked whether it works"),
        Example(
            "pilotlight deployment record checkout 1.4.2 --where eu-west", "Without a check, in one place of several"),
    ]

    @OptionGroup var deployment: DeploymentChange
    @OptionGroup var upstream: UpstreamOption
    @Option(help: ArgumentHelp("Check it by asking this address.", valueName: "url")) var verify: String?

    var connection: ConnectionOptions { deployment.connection }

    var body: JSONObject {
        var body = upstream.added(
            to: ["component": .string(deployment.component), "version": .string(deployment.version)])
        if let place = deployment.place { body["where"] = .string(place) }
        if let verify { body["verify"] = .string(verify) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let answer = try await control.change(
            .post, "environments", deployment.environment.name, DeploymentChange.list, body: body,
            terms: deployment.change.terms, limit: DeploymentChange.limit)
        try DeploymentChange.demandNoFailure(answer, json: connection.json)
        return answer
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownDeployment(answer).outcome(style) }
}
