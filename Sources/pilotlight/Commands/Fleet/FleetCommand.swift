import ArgumentParser

struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "Every agent: what it holds, and whether everyone has it.",
        discussion: """
            `pilotlight fleet` alone is `pilotlight fleet show`, and takes its options: --wait waits until everyone has \
            the current revision.
            """,
        subcommands: [FleetShowCommand.self, FleetForgetCommand.self],
        defaultSubcommand: FleetShowCommand.self)
}
