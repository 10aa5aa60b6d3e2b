import ArgumentParser

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Who changed what, when and why.",
        discussion: """
            `pilotlight history` alone is `pilotlight history list`, and takes its key and options. Nothing is deleted \
            from it unless the control node was started with --history-keep.
            """,
        subcommands: [HistoryListCommand.self, HistoryShowCommand.self],
        defaultSubcommand: HistoryListCommand.self)
}
