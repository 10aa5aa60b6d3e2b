/// A refusal as standard error shows it: on a terminal its beginning and its hints stand out.
enum RefusalText {
    static func dressed(_ text: String, _ style: OutputStyle) -> String {
        guard style.hasColour else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            for (head, colour) in [("pilotlight:", OutputStyle.Colour.red), ("  hint:", .cyan)] {
                if line.hasPrefix(head) { return style.paint(head, colour) + line.dropFirst(head.count) }
            }
            return String(line)
        }.joined(separator: "\n")
    }
}
