/// What ArgumentParser's help says, with the examples and the variables of the command after it.
struct HelpText {
    var variables: OptionVariables

    func completed(_ text: String, for arguments: [String]) -> String {
        text + (text.hasSuffix("\n") ? "" : "\n") + examples(for: arguments)
            + variables.helpSection(for: arguments)
    }

    private func examples(for arguments: [String]) -> String {
        let examples = CommandTree.examples(for: arguments)
        guard !examples.isEmpty else { return "" }
        return "\nEXAMPLES:\n" + examples.map { "  # \($0.meaning)\n  \($0.line)\n" }.joined(separator: "\n")
    }
}
