import ArgumentParser
import Foundation

/// How a command prints: on every command that prints something.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of text.") var json = false
    @Flag(help: "No colours, on a terminal either; NO_COLOR and TERM=dumb say the same.") var noColor = false

    /// The style of standard output.
    var style: OutputStyle { OutputStyle.of(STDOUT_FILENO, noColour: noColor) }
}
