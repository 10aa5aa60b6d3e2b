import ArgumentParser
import Foundation

/// What destroys asks first: on a terminal by a question, elsewhere by refusing.
struct ConfirmationOption: ParsableArguments {
    @Flag(help: "Go ahead without asking.") var yes = false

    /// Returns when it was confirmed, by `--yes` or at the terminal.
    /// - Parameters:
    ///   - question: as it is asked: `Delete flag x in production?`
    ///   - kept: what is the case if not: `flag x is not deleted`
    func demand(_ question: String, kept: String) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
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
