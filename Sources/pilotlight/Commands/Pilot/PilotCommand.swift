import ArgumentParser

struct PilotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pilot", abstract: "Look at pilot groups and change their members.",
        subcommands: [
            PilotListCommand.self, PilotShowCommand.self, PilotCreateCommand.self, PilotAddCommand.self,
            PilotRemoveCommand.self, PilotDeleteCommand.self,
        ])
}
