import ArgumentParser
import Foundation
import JSON
import Testing

@testable import pilotlight

/// What `--help` promises beside the options.
@Suite struct HelpTests {
    private static let variables = OptionVariables(commandTree: PilotlightCommand._dumpHelp())
    private static let tree = JSONReader.read(PilotlightCommand._dumpHelp(), purpose: .context).value?["command"]

    /// Every command without subcommands, as ArgumentParser itself tells of them.
    static let leaves: [[String]] = {
        func leaves(_ command: JSONValue, _ words: [String]) -> [[String]] {
            let children = (command["subcommands"]?.arrayValue ?? []).filter { $0["commandName"] != "help" }
            if children.isEmpty { return [words] }
            return children.flatMap { leaves($0, words + [$0["commandName"]?.stringValue ?? ""]) }
        }
        return leaves(tree ?? .null, [])
    }()

    /// The commands of a line as a shell would start them: pipes split, quotes taken off, redirections left out.
    private static func commands(in line: String) -> [[String]] {
        line.components(separatedBy: " | ").map { part in
            var words: [String] = []
            var isQuoted = false
            var word: String?
            for character in part {
                if character == "\"" {
                    isQuoted.toggle()
                    word = word ?? ""
                } else if character == " ", !isQuoted {
                    if let done = word { words.append(done) }
                    word = nil
                } else {
                    word = (word ?? "") + String(character)
                }
            }
            if let done = word { words.append(done) }
            return words
        }
    }

    @Test func theTreeIsFound() {
        #expect(Self.leaves.count > 25)
        #expect(Self.leaves.contains(["flag", "default"]) && Self.leaves.contains(["history", "show"]))
        #expect(CommandTree.leaves.map(\.words) == Self.leaves)
        #expect(Self.commands(in: #"a b "c d" | e ""#).count == 2)
        #expect(Self.commands(in: #"a "c d" e"#) == [["a", "c d", "e"]])
    }

    @Test(arguments: leaves) func everyCommandHasExamplesThatParse(_ words: [String]) throws {
        let examples = CommandTree.examples(for: words)
        #expect(!examples.isEmpty, "\(words): no examples")
        let type = CommandTree.find(words).command
        var shown = false
        for example in examples {
            #expect(!example.meaning.isEmpty)
            for command in Self.commands(in: example.line) {
                #expect(command.first == "pilotlight", "\(example.line)")
                let parsed = try PilotlightCommand.parseAsRoot(Array(command.dropFirst()))
                shown = shown || Swift.type(of: parsed) == type
            }
        }
        #expect(shown, "\(words): the examples show other commands")
        let help = HelpText(variables: Self.variables)
            .completed("USAGE: pilotlight", for: words + ["--help"])
        #expect(help.contains("\nEXAMPLES:\n  # \(examples[0].meaning)\n  \(examples[0].line)\n"))
    }

    @Test(arguments: leaves) func whateverPrintsTakesJSON(_ words: [String]) throws {
        // Daemons print nothing; a manual page is what it is.
        let silent = [["control"], ["agent"], ["manual"]]
        let has = Self.variables.all(for: words)
            .contains { $0.option == "--json" }
        #expect(has == !silent.contains(words), "\(words)")
    }

    @Test func everyChangeCarriesTheSameOptions() {
        for words in [
            "flag default", "flag enable", "flag disable", "flag delete", "flag ramp", "flag kill", "flag unkill",
            "component create", "component add-version", "component retire-version", "component default",
            "component split", "component pilot", "component ramp", "component kill", "component unkill",
            "component delete", "pilot create", "pilot edit", "pilot add", "pilot remove", "pilot delete", "apply",
            "rollback",
            "environment promote", "deployment record", "deployment verify", "deployment retire", "release create",
            "release start", "release advance", "release hold", "release resume", "release launch",
            "release rollback", "release cancel", "release delete", "freeze set", "freeze remove",
        ] {
            let options = Self.variables.all(for: words.split(separator: " ").map(String.init)).map(\.option)
            for option in ["--message", "--if-revision", "--idempotency-key", "--actor"] {
                #expect(options.contains(option), "\(words) has no \(option)")
            }
        }
    }

    @Test func defaultCommandsAndTheRootHaveExamplesToo() {
        #expect(CommandTree.examples(for: ["fleet"]).count > 1)
        #expect(CommandTree.examples(for: ["history", "--help"]).count > 1)
        #expect(CommandTree.examples(for: ["help", "history", "show"]).first?.line == "pilotlight history show 41")
        for example in PilotlightCommand.examples {
            #expect(throws: Never.self) {
                for command in Self.commands(in: example.line) {
                    _ = try PilotlightCommand.parseAsRoot(Array(command.dropFirst()))
                }
            }
        }
    }
}
