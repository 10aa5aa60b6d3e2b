import Foundation

/// How output is dressed: tables and colour for a terminal, plain and stable lines for a pipe or a file.
struct OutputStyle: Hashable {
    enum Colour: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    var isTerminal: Bool
    var hasColour: Bool

    /// For pipes and files.
    static let plain = OutputStyle(isTerminal: false, hasColour: false)

    /// Colour is for terminals that aren't dumb, unless NO_COLOR (any text) or `--no-color` says otherwise.
    init(isTerminal: Bool, noColour: Bool, variables: [String: String]) {
        self.isTerminal = isTerminal
        hasColour =
            isTerminal && !noColour && (variables["NO_COLOR"] ?? "").isEmpty && variables["TERM"] != "dumb"
    }

    private init(isTerminal: Bool, hasColour: Bool) {
        self.isTerminal = isTerminal
        self.hasColour = hasColour
    }

    /// The style for what a file descriptor leads to.
    static func of(_ descriptor: Int32, noColour: Bool) -> OutputStyle {
        OutputStyle(
            isTerminal: isatty(descriptor) == 1, noColour: noColour, variables: ProcessInfo.processInfo.environment)
    }

    func paint(_ text: String, _ colour: Colour?) -> String {
        guard hasColour, let colour, !text.isEmpty else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
