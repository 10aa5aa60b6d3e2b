import ArgumentParser
import JSON

struct DeploymentVerifyCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a recorded deployment, or say what a check of your own found.",
        discussion: """
            Without --url, --passed and --failed, the control node asks the address of the last check again. Exit code 1 if \
            that check fails; what is said by --failed is kept, and is no failure of the command.
            """)

    static let examples = [
        Example("pilotlight deployment verify checkout 1.4.2", "Run its check again"),
        Example(
            "pilotlight deployment verify checkout 1.4.2 --url http://green.internal:8080/healthz", "At this address"),
        Example(
            "pilotlight deployment verify checkout 1.4.2 --passed --message \"smoke tests\"",
            "It works, says a pipeline"),
        Example("pilotlight deployment verify checkout 1.4.2 --failed \"cart is empty\"", "It doesn't"),
    ]

    @OptionGroup var deployment: DeploymentChange
    @Option(help: "Check it by asking this address.") var url: String?
    @Flag(help: "It was checked, and works.") var passed = false
    @Option(help: ArgumentHelp("It was checked, and doesn't work; why.", valueName: "reason")) var failed: String?

    var connection: ConnectionOptions { deployment.connection }

    func validate() throws {
        guard [url != nil, passed, failed != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --url, --passed and --failed, or none of them.")
        }
    }

    var body: JSONObject {
        var body = JSONObject()
        if let url { body["url"] = .string(url) }
        if passed { body["passed"] = .bool(true) }
        if let failed {
            body["passed"] = .bool(false)
            body["detail"] = .string(failed)
        }
        if let place = deployment.place { body["where"] = .string(place) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let answer = try await control.change(
            .post, "environments", deployment.environment.name, DeploymentChange.list, deployment.component,
            deployment.version, "verify", body: body, terms: deployment.change.terms, limit: DeploymentChange.limit)
        if failed == nil { try DeploymentChange.demandNoFailure(answer, json: connection.json) }
        return answer
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownDeployment(answer).outcome(style) }
}
