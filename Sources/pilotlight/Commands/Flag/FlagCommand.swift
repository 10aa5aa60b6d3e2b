import ArgumentParser

struct FlagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag", abstract: "Look at flags and change one.",
        subcommands: [
            FlagListCommand.self, FlagShowCommand.self, FlagRampCommand.self, FlagKillCommand.self,
            FlagUnkillCommand.self, FlagDefaultCommand.self, FlagEnableCommand.self, FlagDisableCommand.self,
            FlagDeleteCommand.self,
        ])
}
