import Flags
import JSON

/// Targeting keys as an operator hands them over: one to a line, or a column of a CSV file.
enum KeyFile {
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - column: what the first line of a CSV file calls it; without one, a path that ends in `.csv` has its keys in the
    ///     first column, and any other one to a line.
    static func read(_ path: String, column: String?) throws -> [String] {
        let name = InputFile.name(of: path)
        let bytes = try InputFile.bytes(path, atMost: .max)
        _ = try InputFile.text(bytes, name: name)
        let isCSV = column != nil || path.lowercased().hasSuffix(".csv")
        let keys = isCSV ? try cells(of: bytes, column: column, name: name) : lines(of: bytes)
        guard !keys.isEmpty else {
            throw CommandRefusal(
                "\(name) names nobody",
                hint: isCSV ? "its first line names the columns; keys begin on the second" : "write one to a line")
        }
        return keys
    }

    /// Lines end with LF or CRLF. What else Unicode takes for the end of a line may stand in a targeting key.
    static func lines(of bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var start = textStart(of: bytes)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let hasReturn = end < bytes.count && end > start && bytes[end - 1] == UInt8(ascii: "\r")
            let line = bytes[start..<(hasReturn ? end - 1 : end)]
            if !line.isEmpty { lines.append(String(decoding: line, as: UTF8.self)) }
            start = end + 1
        }
        return lines
    }

    static func cells(of bytes: [UInt8], column: String?, name: String) throws -> [String] {
        var reader = CSVReader(Array(bytes[textStart(of: bytes)...]))
        do {
            guard let header = try reader.next() else { return [] }
            let index = try place(of: column, in: header, name: name)
            var keys: [String] = []
            while let record = try reader.next() {
                guard index < record.count, !record[index].isEmpty else {
                    throw CommandRefusal(
                        "\(name):\(reader.line): the column \"\(header[index])\" is empty",
                        hint: "each line needs a key: take out those without one")
                }
                keys.append(record[index])
            }
            return keys
        } catch let fault as CSVReader.Fault {
            throw CommandRefusal(
                "\(name):\(fault.line): \(fault.reason)",
                hint: "a field with a quote, a comma or a line break stands in quotes, and quotes in it are doubled")
        }
    }

    private static func place(of column: String?, in header: [String], name: String) throws -> Int {
        guard let column else { return 0 }
        if let index = header.firstIndex(where: { $0.isExactly(column) }) { return index }
        throw CommandRefusal(
            "\(name) has no column \"\(column)\"",
            hint: NearestName.hint(
                for: column, among: header, fallback: "its first line has \(CountText.of(header.count, "column"))"))
    }

    /// Spreadsheets put a mark before UTF-8.
    private static func textStart(of bytes: [UInt8]) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    /// Each key once, where it stood first.
    static func distinct(_ keys: [String]) -> [String] {
        var seen: Set<ExactString> = []
        seen.reserveCapacity(keys.count)
        return keys.filter { seen.insert(ExactString($0)).inserted }
    }

    /// Keys in requests of bounded size, in their order.
    static func chunks(of keys: [String], largest: Int, largestBytes: Int) -> [[String]] {
        var chunks: [[String]] = []
        var current: [String] = []
        var bytes = 0
        for key in keys {
            if current.count == largest || (bytes + key.utf8.count > largestBytes && !current.isEmpty) {
                chunks.append(current)
                current = []
                bytes = 0
            }
            current.append(key)
            bytes += key.utf8.count
        }
        if !current.isEmpty { chunks.append(current) }
        return chunks
    }
}
