import ArgumentParser
import Foundation

/// Parses, runs, and turns whatever goes wrong into text on standard error and an exit code:
/// 0 done, 1 refused or failed, 64 usage.
@main
enum EntryPoint {
    static func main() async {
        let given = Array(CommandLine.arguments.dropFirst())
        guard given != ["--version"] else { return print(PilotlightCommand.version) }
        let variables = OptionVariables(of: given)
        let injection: OptionVariables.Injection
        do {
            injection = try variables.injection(into: given, environment: ProcessInfo.processInfo.environment)
        } catch {
            leave(saying: "Error: \(error)", code: ExitCode.validationFailure.rawValue)
        }
        let style = OutputStyle.of(STDERR_FILENO, noColour: injection.arguments.contains("--no-color"))
        do {
            var command = try PilotlightCommand.parseAsRoot(injection.arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let refusal as CommandRefusal {
            leave(saying: RefusalText.dressed(refusal.description, style), code: ExitCode.failure.rawValue)
        } catch let problem as ProblemDetails {
            leave(saying: RefusalText.dressed(problem.description, style), code: ExitCode.failure.rawValue)
        } catch {
            leave(with: error, given: given, variables: variables, injection: injection)
        }
    }

    /// Help, a usage error, or an error of a room: each already says its reason.
    private static func leave(
        with error: any Error, given: [String], variables: OptionVariables, injection: OptionVariables.Injection
    ) -> Never {
        let code = PilotlightCommand.exitCode(for: error)
        var text = PilotlightCommand.fullMessage(for: error)
        if code.isSuccess {
            if text.contains("USAGE:") { text = HelpText(variables: variables).completed(text, for: given) }
            print(text)
            fflush(nil)
            exit(code.rawValue)
        }
        // ArgumentParser names the option; whoever set a variable looks for that.
        for (option, variable) in injection.origins where text.contains("'\(option) ") || text.contains("'\(option)'") {
            text = "Error: \(variable): " + (text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
        }
        if code == .validationFailure, let correction = CommandTree.correction(for: given) {
            text = "Error: \(correction)\n" + text.split(separator: "\n").dropFirst().joined(separator: "\n")
        }
        leave(saying: text, code: code.rawValue)
    }

    private static func leave(saying text: String, code: Int32) -> Never {
        fflush(nil)
        if !text.isEmpty { FileHandle.standardError.write(Data((text + "\n").utf8)) }
        exit(code)
    }
}
