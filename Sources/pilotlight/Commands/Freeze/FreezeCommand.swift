import ArgumentParser

struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "Windows of time in which no release starts, advances or opens.",
        discussion: """
            Holding, rolling back and killing go on as ever; `--despite-freeze` of the other release commands goes ahead \
            all the same.
            """,
        subcommands: [FreezeListCommand.self, FreezeSetCommand.self, FreezeRemoveCommand.self])
}
