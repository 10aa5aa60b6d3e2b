import JSON

/// The manual page in man(7)'s macros, written from what ArgumentParser says of the commands: so that it names each of them
/// with each option, and nothing that isn't there.
struct ManualPage {
    private let root: JSONValue
    private let version: String
    private let variables: OptionVariables
    private var page = ""

    /// - Parameter commandTree: ArgumentParser's description of the root command, in JSON.
    init(commandTree: String, version: String) {
        root = JSONReader.read(commandTree, purpose: .context).value?["command"] ?? .null
        variables = OptionVariables(commandTree: commandTree)
        self.version = version
    }

    var text: String {
        var writer = self
        writer.write()
        return writer.page
    }

    private mutating func write() {
        line(".TH PILOTLIGHT 1 \"\" \"Pilotlight \(version)\" \"User Commands\"")
        section("NAME")
        prose("pilotlight - feature flags and releases for services in any language")
        section("SYNOPSIS")
        line(".B pilotlight")
        line("\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]")
        section("DESCRIPTION")
        prose(root["discussion"]?.stringValue ?? "")
        section("COMMANDS")
        for child in subcommands(of: root) { command(child, []) }
        section("ENVIRONMENT")
        prose(
            "Nearly every option is also an environment variable: PILOTLIGHT_ and its name in upper case with underscores; "
                + "these are all of them. An option on the command line wins. Switches take true or false; options that "
                + "can be repeated take values with commas between them.")
        for (variable, options) in variablesOfAll() {
            line(".TP")
            line(".B " + Self.escaped(variable))
            prose("Same as " + options + ".")
        }
        line(".TP")
        line(".BR NO_COLOR , \" TERM=dumb\"")
        prose("No colours, as with --no-color.")
        section("EXIT STATUS")
        for (code, meaning) in [
            ("0", "Done."), ("1", "Refused or failed; reason and hint are on standard error."),
            (
                "2, 3, 4, 5, 6, 130",
                """
                Of release start --wait: held, rolled back, cancelled, missed its opening time, deleted meanwhile, ended by \
                a signal.
                """
            ),
            ("64", "Wrong usage."),
        ] {
            line(".TP")
            line(".B " + code)
            prose(meaning)
        }
        section("FILES")
        line(".TP")
        line(".I /run/pilotlight/agent.sock")
        prose("The socket of the agent on this machine, unless --socket says otherwise.")
    }

    // MARK: Commands

    private mutating func command(_ command: JSONValue, _ parents: [String]) {
        let words = parents + [name(command)]
        let children = subcommands(of: command)
        guard children.isEmpty else {
            for child in children { self.command(child, words) }
            return
        }
        let arguments = (command["arguments"]?.arrayValue ?? []).filter { $0["shouldDisplay"] != .bool(false) }
        line(".SS " + Self.escaped("pilotlight " + words.joined(separator: " ") + usage(arguments)))
        prose(command["abstract"]?.stringValue ?? "")
        if let discussion = command["discussion"]?.stringValue {
            line(".PP")
            prose(discussion)
        }
        for argument in arguments where argument["valueName"] != .string("help") {
            line(".TP")
            line(label(argument))
            var text = argument["abstract"]?.stringValue ?? ""
            if let values = argument["allValues"]?.arrayValue?.compactMap(\.stringValue), !values.isEmpty {
                text += " One of: " + values.joined(separator: ", ") + "."
            }
            if let value = argument["defaultValue"]?.stringValue { text += " Default: \(value)." }
            prose(text)
        }
        let examples = CommandTree.examples(for: words)
        guard !examples.isEmpty else { return }
        line(".PP")
        line("Examples:")
        line(".PP")
        line(".nf")
        line(".RS 4")
        for (index, example) in examples.enumerated() {
            if index > 0 { line("") }
            line(Self.escaped("# " + example.meaning))
            line(Self.escaped(example.line))
        }
        line(".RE")
        line(".fi")
    }

    /// ` KEY [MEMBER…]`
    private func usage(_ arguments: [JSONValue]) -> String {
        arguments.filter { $0["kind"] == .string("positional") }.map { argument in
            let name = (argument["valueName"]?.stringValue ?? "value").uppercased()
            let shown = argument["isRepeating"] == .bool(true) ? name + "..." : name
            return argument["isOptional"] == .bool(true) ? " [\(shown)]" : " \(shown)"
        }.joined()
    }

    private func label(_ argument: JSONValue) -> String {
        let value = (argument["valueName"]?.stringValue ?? "value").uppercased()
        guard argument["kind"] != .string("positional") else { return ".I " + Self.escaped(value) }
        let names = (argument["names"]?.arrayValue ?? []).map { name in
            "\\fB" + Self.escaped((name["kind"] == .string("short") ? "-" : "--") + (name["name"]?.stringValue ?? ""))
                + "\\fR"
        }
        let label = names.joined(separator: ", ")
        return argument["kind"] == .string("flag") ? label : label + " \\fI" + Self.escaped(value) + "\\fR"
    }

    private func name(_ command: JSONValue) -> String { command["commandName"]?.stringValue ?? "" }

    private func subcommands(of command: JSONValue) -> [JSONValue] {
        (command["subcommands"]?.arrayValue ?? []).filter { $0["shouldDisplay"] != .bool(false) && name($0) != "help" }
    }

    /// Each variable, with the option it stands for.
    private func variablesOfAll() -> [(variable: String, option: String)] {
        var seen: [String: String] = [:]
        for (words, _) in CommandTree.leaves {
            for (variable, option) in variables.all(for: words) { seen[variable] = option }
        }
        return seen.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: Lines

    private mutating func section(_ title: String) { line(".SH " + title) }

    private mutating func line(_ text: String) { page += text + "\n" }

    /// Paragraphs of filled text.
    private mutating func prose(_ text: String) {
        for (index, paragraph) in text.split(separator: "\n").enumerated() {
            if index > 0 { line(".PP") }
            line(Self.escaped(String(paragraph)))
        }
    }

    /// Backslashes, hyphens that are to be typed as such, and a beginning that would be a macro.
    static func escaped(_ text: String) -> String {
        let body = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("…", with: "...")
            .replacing("−", with: "\\-")
        return body.hasPrefix(".") || body.hasPrefix("'") ? "\\&" + body : body
    }
}
