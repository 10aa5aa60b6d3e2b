import ArgumentParser
import JSON

/// What every command that changes one deployment takes.
struct DeploymentChange: ParsableArguments {
    static let list = "deployments"
    /// The control node runs the check before it answers.
    static let limit = Duration.seconds(60)

    @Argument(help: "The component's name.", completion: .custom(NameCompletion.components)) var component: String
    @Argument(help: "The version.") var version: String
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Where it is, if one version is in several places: a cluster, a region.", valueName: "place")
    )
    var place: String?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    /// Refuses where the answer says that the check of this deployment failed.
    static func demandNoFailure(_ answer: JSONValue, json: Bool) throws {
        let deployment = ShownDeployment(answer)
        guard deployment.state == .failed else { return }
        if json { print(answer.prettyText()) }
        throw CommandRefusal(
            "\(deployment.name) is recorded as failed: \(deployment.check ?? "its check did not pass")",
            hint: "`pilotlight deployment verify` runs the check again")
    }
}
