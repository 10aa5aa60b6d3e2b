import ArgumentParser

/// The root of every command word.
struct PilotlightCommand: AsyncParsableCommand, ExampledCommand {
    // Not given to ArgumentParser: `--version` is a component's version to several commands.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "pilotlight",
        abstract: "Deploy any time. Release when you say so.",
        discussion: """
            A control node holds the flags of every environment; an agent beside each service answers lookups from its \
            own copy, with or without the control node.

            Exit codes: 0 done, 1 refused or failed (reason and hint on standard error), 64 usage. \
            `pilotlight --version` says which one this is.
            """,
        groupedSubcommands: [
            CommandGroup(name: "Run", subcommands: [ControlCommand.self, AgentCommand.self, DevCommand.self]),
            CommandGroup(
                name: "Operate",
                subcommands: [
                    ApplyCommand.self, ExportCommand.self, FlagCommand.self, ComponentCommand.self,
                    PilotCommand.self, EnvironmentCommand.self, FleetCommand.self, HistoryCommand.self,
                    RollbackCommand.self,
                    WatchCommand.self,
                ]),
            CommandGroup(
                name: "Release",
                subcommands: [
                    StatusCommand.self, DeploymentCommand.self, ReleaseCommand.self, FreezeCommand.self,
                ]),
            CommandGroup(name: "Keep", subcommands: [BackupCommand.self, RestoreCommand.self]),
            CommandGroup(
                name: "Look up",
                subcommands: [LookupCommand.self, ExplainCommand.self, WhoCommand.self, HealthCommand.self]),
            CommandGroup(name: "Read", subcommands: [ManualCommand.self]),
        ])

    static let examples = [
        Example("pilotlight dev", "Try it: a control node and an agent in one process"),
        Example("pilotlight apply flags.json --message \"autumn sale\"", "Publish flags"),
        Example("pilotlight status", "What is deployed, and what of it do users get?"),
        Example("pilotlight fleet --wait", "Has everyone got it?"),
        Example("pilotlight lookup new-checkout --targeting-key ann", "What does Ann get?"),
    ]
}
