import ArgumentParser
import JSON

/// Lets nearly every option be given as an environment variable too: `--api-port` is PILOTLIGHT_API_PORT.
///
/// The command tree is read from what ArgumentParser says of itself, so an option that is added is covered without being
/// listed anywhere. Variables become arguments before parsing; an option on the command line wins over its variable.
struct OptionVariables {
    static let prefix = "PILOTLIGHT_"

    /// Arguments to parse, and which option came out of which variable.
    struct Injection {
        var arguments: [String]
        var origins: [(option: String, variable: String)]
    }

    /// A variable whose value can't be used.
    struct UnusableVariable: Error, CustomStringConvertible {
        var description: String
    }

    private struct Option {
        var name: String
        var variable: String
        var isFlag: Bool
        var isRepeating: Bool
    }

    private let root: JSONValue
    /// Words of the command that the description begins with; none for the whole tree.
    private let words: [String]

    /// - Parameter commandTree: ArgumentParser's description of the root command, in JSON.
    init(commandTree: String) { self.init(commandTree: commandTree, words: []) }

    /// Of the one command that `arguments` name: describing all of them takes longer than most commands do.
    init(of arguments: [String]) {
        let (command, words, _) = CommandTree.find(Self.named(arguments))
        self.init(commandTree: command._dumpHelp(), words: words)
    }

    private init(commandTree: String, words: [String]) {
        root = JSONReader.read(commandTree, purpose: .context).value?["command"] ?? .null
        self.words = words
    }

    /// Without the word that asks for help.
    private static func named(_ arguments: [String]) -> [String] {
        arguments.first == "help" ? Array(arguments.dropFirst()) : arguments
    }

    /// The variables of `environment` that the command named in `given` understands, put in as arguments.
    func injection(into given: [String], environment: [String: String]) throws(UnusableVariable) -> Injection {
        let (command, depth) = leaf(of: given)
        let own = given[depth...].prefix { $0 != "--" }
        var injected: [String] = []
        var origins: [(option: String, variable: String)] = []
        for option in options(of: command) {
            guard let value = environment[option.variable],
                !own.contains(where: { $0 == option.name || $0.hasPrefix(option.name + "=") })
            else { continue }
            if option.isFlag {
                guard try isOn(value, variable: option.variable) else { continue }
                injected.append(option.name)
            } else if option.isRepeating {
                for part in value.split(separator: ",") { injected.append("\(option.name)=\(part)") }
            } else {
                injected.append("\(option.name)=\(value)")
            }
            origins.append((option.name, option.variable))
        }
        return Injection(arguments: given[..<depth] + injected + given[depth...], origins: origins)
    }

    /// What `--help` says about the variables of the command named in `given`.
    func helpSection(for given: [String]) -> String {
        let options = options(of: leaf(of: Self.named(given)).command)
        if options.isEmpty {
            return """

                ENVIRONMENT VARIABLES:
                  Nearly every option is also an environment variable: PILOTLIGHT_ and its name
                  in upper case with underscores (--control-url: PILOTLIGHT_CONTROL_URL).
                  --help of each command lists its variables.
                """
        }
        let width = options.map(\.variable.count).max() ?? 0
        let lines = options.map { option in
            let padding = String(repeating: " ", count: width - option.variable.count)
            let kind = option.isFlag ? " (true or false)" : option.isRepeating ? " (comma-separated)" : ""
            return "  \(option.variable)\(padding)  same as \(option.name)\(kind)"
        }
        return "\nENVIRONMENT VARIABLES:\n" + lines.joined(separator: "\n") + "\n"
    }

    /// Every variable of the command named in `given`, with the option it stands for.
    func all(for given: [String]) -> [(variable: String, option: String)] {
        options(of: leaf(of: given).command).map { ($0.variable, $0.name) }
    }

    /// The command that `arguments` name, and how many words its name takes.
    private func leaf(of arguments: [String]) -> (command: JSONValue, depth: Int) {
        guard arguments.starts(with: words) else { return (.null, 0) }
        var command = root
        var depth = words.count
        while depth < arguments.count, let next = subcommand(arguments[depth], of: command) {
            command = next
            depth += 1
        }
        if let name = command["defaultSubcommand"]?.stringValue, let next = subcommand(name, of: command) {
            command = next
        }
        return (command, depth)
    }

    private func subcommand(_ name: String, of command: JSONValue) -> JSONValue? {
        command["subcommands"]?.arrayValue?.first { $0["commandName"]?.stringValue == name }
    }

    /// What a variable says holds for every command. What is of one thing alone never does, nor what two commands mean two
    /// things by; and nobody goes past a guard by what was left in a shell.
    static let withoutVariable: Set<String> = [
        "help",
        // Which one is meant, how much of it, and when.
        "component", "flag", "version", "require", "percent", "exclude", "from", "until", "to", "opens", "wait",
        // Guards.
        "despite-freeze", "early", "now", "skip-conflicts", "unchecked",
    ]

    /// A variable that one command alone has, though the option's name is another's, too.
    static let ofOneCommand = ["url": "health"]

    private func options(of command: JSONValue) -> [Option] {
        (command["arguments"]?.arrayValue ?? []).compactMap { argument in
            guard let kind = argument["kind"]?.stringValue, kind != "positional",
                let name = argument["preferredName"]?["name"]?.stringValue, !Self.withoutVariable.contains(name)
            else { return nil }
            if let one = Self.ofOneCommand[name], command["commandName"]?.stringValue != one { return nil }
            let variable = Self.prefix + name.uppercased().map { $0 == "-" ? "_" : $0 }
            return Option(
                name: "--" + name, variable: variable, isFlag: kind == "flag",
                isRepeating: argument["isRepeating"]?.boolValue ?? false)
        }
    }

    private func isOn(_ value: String, variable: String) throws(UnusableVariable) -> Bool {
        switch value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "", "0", "false", "no", "off": return false
        default:
            throw UnusableVariable(description: "\(variable) is '\(value)': give true or false")
        }
    }
}
