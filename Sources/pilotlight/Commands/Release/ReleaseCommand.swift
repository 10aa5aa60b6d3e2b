import ArgumentParser

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Plan releases, start them, and take them back.",
        discussion: """
            A release gives users variants of flags and versions of components, several of them as one, in stages. It \
            begins as a draft; starting it runs its first stage, or schedules it for its opening time. While it runs, what \
            it changes is changed by nobody else, but for kills, which hold it.
            """,
        subcommands: [
            ReleaseCreateCommand.self, ReleaseShowCommand.self, ReleaseListCommand.self, ReleaseStartCommand.self,
            ReleaseAdvanceCommand.self, ReleaseHoldCommand.self, ReleaseResumeCommand.self, ReleaseLaunchCommand.self,
            ReleaseRollbackCommand.self, ReleaseCancelCommand.self, ReleaseDeleteCommand.self, ReleaseNotesCommand.self,
        ])
}
