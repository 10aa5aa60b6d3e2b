import ArgumentParser

struct ManualCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Print the manual page, for man.", shouldDisplay: false)

    static let examples = [
        Example("pilotlight manual", "To read it: pilotlight manual > pilotlight.1; man ./pilotlight.1")
    ]

    func run() async throws {
        print(
            ManualPage(commandTree: PilotlightCommand._dumpHelp(), version: PilotlightCommand.version).text,
            terminator: "")
    }
}
