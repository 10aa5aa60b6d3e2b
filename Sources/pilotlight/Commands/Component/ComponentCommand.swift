import ArgumentParser

struct ComponentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "component", abstract: "Look at components, and say who gets which version of one.",
        discussion: """
            A component is something deployed whose versions run side by side. A kill comes first, then pilot groups in \
            their order, the rollout, the split, and the default version.
            """,
        subcommands: [
            ComponentListCommand.self, ComponentShowCommand.self, ComponentWhoCommand.self,
            ComponentCreateCommand.self, ComponentAddVersionCommand.self, ComponentRetireVersionCommand.self,
            ComponentDefaultCommand.self, ComponentSplitCommand.self, ComponentPilotCommand.self,
            ComponentRampCommand.self, ComponentKillCommand.self, ComponentUnkillCommand.self,
            ComponentDeleteCommand.self,
        ])
}
