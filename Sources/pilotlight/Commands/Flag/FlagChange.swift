import ArgumentParser

/// What every command that changes one flag takes.
struct FlagChange: EntryChange {
    static let list = "flags"

    @Argument(help: "The flag's key.", completion: .custom(NameCompletion.flags)) var key: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions
}
