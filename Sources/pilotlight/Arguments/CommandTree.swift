import ArgumentParser
import Flags

/// The commands by their words.
enum CommandTree {
    typealias Command = any ParsableCommand.Type

    /// Every command that does something, with its words: `flag list`.
    static let leaves: [(words: [String], type: Command)] = leaves(below: PilotlightCommand.self, [])

    private static func leaves(below command: Command, _ words: [String]) -> [(words: [String], type: Command)] {
        let children = command.configuration.subcommands
        if children.isEmpty { return [(words, command)] }
        return children.flatMap { child in leaves(below: child, words + [name(child)]) }
    }

    /// The command that `arguments` name and the words of its name; what follows those is left over.
    static func find(_ arguments: [String]) -> (command: Command, words: [String], rest: [String]) {
        var command: Command = PilotlightCommand.self
        var words: [String] = []
        var rest = arguments[...]
        while let word = rest.first, let child = command.configuration.subcommands.first(where: { name($0) == word }) {
            command = child
            words.append(word)
            rest = rest.dropFirst()
        }
        return (command, words, Array(rest))
    }

    /// Those of the command that `arguments` name, or else of the one it stands for.
    static func examples(for arguments: [String]) -> [Example] {
        let command = find(arguments.first == "help" ? Array(arguments.dropFirst()) : arguments).command
        let own = (command as? any ExampledCommand.Type)?.examples
        let standIn = command.configuration.defaultSubcommand as? any ExampledCommand.Type
        return own ?? standIn?.examples ?? []
    }

    static func name(_ command: Command) -> String { command.configuration.commandName ?? "" }

    /// What to say of a word that stands where a command should: nil if there is none, or it is one.
    static func correction(for arguments: [String]) -> String? {
        let (command, words, rest) = find(arguments)
        let names = command.configuration.subcommands.map(name)
        guard !names.isEmpty, let word = rest.first, !word.hasPrefix("-"), word != "help" else { return nil }
        let parent = (["pilotlight"] + words).joined(separator: " ")
        let nearest = NearestName.of(word, among: names).map { "Did you mean '\(parent) \($0)'?" }
        // Where a command stands for another one, the word may be an argument of that.
        guard nearest != nil || command.configuration.defaultSubcommand == nil else { return nil }
        return "'\(parent)' has no command '\(word)'. "
            + (nearest ?? "It has: \(names.joined(separator: ", ")).")
    }
}
