import ArgumentParser
import JSON

/// What every order to one release takes.
struct ReleaseChange: EntryChange {
    static let list = "releases"

    @Argument(help: "The release's name.", completion: .custom(NameCompletion.releases)) var name: String
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    var key: String { name }
}

/// Goes ahead where the calendar says no.
struct DespiteFreezeOption: ParsableArguments {
    @Flag(help: "Go ahead in a freeze window, too.") var despiteFreeze = false
}

/// What brings a release forward takes: a way past each guard.
struct ForwardOptions: ParsableArguments {
    @Flag(help: "Before the stage's minimum time is over, too.") var early = false
    @OptionGroup var freeze: DespiteFreezeOption

    var members: JSONObject { ["early": .bool(early), "despiteFreeze": .bool(freeze.despiteFreeze)] }
}
