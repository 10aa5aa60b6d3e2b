import ArgumentParser

struct EnvironmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment", abstract: "Look at environments, compare and promote, make one, start a new epoch.",
        subcommands: [
            EnvironmentListCommand.self, EnvironmentDiffCommand.self, EnvironmentPromoteCommand.self,
            EnvironmentCreateCommand.self, EnvironmentNewEpochCommand.self,
        ])
}
