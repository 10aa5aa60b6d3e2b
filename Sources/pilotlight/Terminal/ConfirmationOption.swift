import ArgumentParser
import Foundation
import JSON

/// What destroys asks first: on a terminal by a question, elsewhere by refusing.
struct ConfirmationOption: ParsableArguments {
    @Flag(help: "Go ahead without asking.") var yes = false

    private static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Shows what the question will be about. With `--json` and somebody to ask it goes beside the question, so that one
    /// document is printed, the answer's.
    func preview(_ text: String, document: JSONValue, isJSON: Bool) {
        guard isJSON else { return print(text) }
        guard Self.canAsk else { return print(document.prettyText()) }
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Returns when it was confirmed, by `--yes` or at the terminal.
    /// - Parameters:
    ///   - question: as it is asked: `Delete flag x in production?`
    ///   - kept: what is the case if not: `flag x is not deleted`
    func demand(_ question: String, kept: String) throws {
        if yes { return }
        guard Self.canAsk else {
            throw CommandRefusal("\(kept): without a terminal nobody can be asked", hint: "add --yes to go ahead")
        }
        FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
        let answer = readLine()
        // Whoever ends the input ends no line.
        if answer == nil { FileHandle.standardError.write(Data("\n".utf8)) }
        guard ["y", "yes"].contains(answer?.trimmingCharacters(in: .whitespaces).lowercased()) else {
            throw CommandRefusal(kept)
        }
    }
}
