import ArgumentParser

struct PilotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pilot", abstract: "Look at pilot groups and change who is in them.",
        subcommands: [
            PilotListCommand.self, PilotShowCommand.self, PilotCreateCommand.self, PilotEditCommand.self,
            PilotAddCommand.self, PilotRemoveCommand.self, PilotDeleteCommand.self,
        ])
}
