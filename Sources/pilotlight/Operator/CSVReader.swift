/// A CSV text as RFC 4180 has it: records on lines, commas between fields, quotes round those that need them. Lines end
/// with LF or CRLF.
struct CSVReader {
    /// A place that can't be read.
    struct Fault: Error, Hashable {
        /// From 1.
        var line: Int
        var reason: String
    }

    private enum End { case comma, line, file }

    private let bytes: [UInt8]
    private var position = 0
    private var currentLine = 1
    /// Where the record that was read last begins, from 1.
    private(set) var line = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The fields of the next record; nil at the end. An empty line is no record.
    mutating func next() throws(Fault) -> [String]? {
        while position < bytes.count {
            line = currentLine
            let start = position
            var fields: [String] = []
            var end = End.comma
            while end == .comma {
                let (field, after) = try field()
                fields.append(field)
                end = after
            }
            let isEmpty = fields.count == 1 && fields[0].isEmpty && bytes[start] != UInt8(ascii: "\"")
            if !isEmpty { return fields }
        }
        return nil
    }

    private mutating func field() throws(Fault) -> (String, End) {
        guard position < bytes.count else { return ("", .file) }
        if bytes[position] == UInt8(ascii: "\"") { return try quotedField() }
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: ","), !isAtLineEnd { position += 1 }
        return (text(start..<position), end() ?? .file)
    }

    private mutating func quotedField() throws(Fault) -> (String, End) {
        let opened = currentLine
        position += 1
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                // Two are one that belongs to the text.
                guard position < bytes.count, bytes[position] == byte else {
                    guard let end = end() else {
                        throw Fault(line: currentLine, reason: "text follows the closing quote of a field")
                    }
                    return (String(decoding: content, as: UTF8.self), end)
                }
                position += 1
            } else if byte == UInt8(ascii: "\n") {
                currentLine += 1
            }
            content.append(byte)
        }
        throw Fault(line: opened, reason: "a quoted field has no end")
    }

    /// Takes what ends a field; nil where something else stands.
    private mutating func end() -> End? {
        guard position < bytes.count else { return .file }
        if bytes[position] == UInt8(ascii: ",") {
            position += 1
            return .comma
        }
        guard isAtLineEnd else { return nil }
        position += bytes[position] == UInt8(ascii: "\n") ? 1 : 2
        currentLine += 1
        return .line
    }

    private var isAtLineEnd: Bool {
        bytes[position] == UInt8(ascii: "\n")
            || bytes[position] == UInt8(ascii: "\r") && position + 1 < bytes.count
                && bytes[position + 1] == UInt8(ascii: "\n")
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
