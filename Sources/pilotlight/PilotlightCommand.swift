import ArgumentParser

/// The root of every command word.
struct PilotlightCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "pilotlight",
        abstract: "Deploy any time. Release when you say so.",
        discussion: """
            A control node holds the flags of every environment; an agent beside each service answers lookups from its \
            own copy, with or without the control node.

            Exit codes: 0 done, 1 refused or failed (reason and hint on standard error), 64 usage.
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(name: "Run", subcommands: [ControlCommand.self, AgentCommand.self, DevCommand.self]),
            CommandGroup(
                name: "Operate",
                subcommands: [
                    ApplyCommand.self, FlagCommand.self, PilotCommand.self, EnvironmentCommand.self, FleetCommand.self,
                ]),
            CommandGroup(name: "Keep", subcommands: [BackupCommand.self, RestoreCommand.self]),
            CommandGroup(name: "Look up", subcommands: [LookupCommand.self, HealthCommand.self]),
        ])
}
