import ArgumentParser

struct EnvironmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment", abstract: "Look at environments, make one, start a new epoch.",
        subcommands: [
            EnvironmentListCommand.self, EnvironmentCreateCommand.self, EnvironmentNewEpochCommand.self,
        ])
}
