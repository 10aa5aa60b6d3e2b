/// A document that an operator hands over, as it is sent.
struct InputDocument {
    /// What messages call it.
    var name: String
    var text: String

    init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// - Parameter path: a file, or `-` for standard input.
    init(_ path: String) throws {
        self.init(name: InputFile.name(of: path), text: try InputFile.read(path))
    }

    /// By the name's ending, or else by what the text begins with.
    var mediaType: String { isYAML ? "application/yaml" : "application/json" }

    private var isYAML: Bool {
        let lower = name.lowercased()
        if lower.hasSuffix(".json") { return false }
        if lower.hasSuffix(".yaml") || lower.hasSuffix(".yml") { return true }
        return text.first { !$0.isWhitespace } != "{"
    }
}
