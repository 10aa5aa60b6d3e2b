import ArgumentParser

/// One way to use a command: what is typed, and what it does.
struct Example {
    /// Beginning with `pilotlight`; may be a pipe of such.
    var line: String
    var meaning: String

    init(_ line: String, _ meaning: String) {
        self.line = line
        self.meaning = meaning
    }
}

/// A command with examples in its `--help` and in the manual page.
protocol ExampledCommand: ParsableCommand {
    static var examples: [Example] { get }
}
