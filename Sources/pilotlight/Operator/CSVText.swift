/// Fields written as RFC 4180 has it, one record to a line.
enum CSVText {
    static func line(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") }

    /// A field that would be taken for several, or for an empty line, stands in quotes.
    private static func field(_ text: String) -> String {
        let marks = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        guard text.isEmpty || text.utf8.contains(where: marks.contains) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
