import ArgumentParser

struct DeploymentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deployment", abstract: "Say which versions are on machines, and see what really runs.",
        discussion: """
            A deployment puts code on machines; users get it by a release. A release counts a version as there once \
            a check of it has passed, or agents report it healthy; `component default`, `split`, `ramp` and `pilot` ask for \
            a deployment that is verified.
            """,
        subcommands: [
            DeploymentRecordCommand.self, DeploymentVerifyCommand.self, DeploymentListCommand.self,
            DeploymentRetireCommand.self,
        ])
}
