/// Reads RFC 8259 text: strict UTF-8, no comments, no trailing commas, numbers kept as written.
package struct JSONReader {
    package enum Purpose: Sendable {
        /// What an operator publishes: duplicate keys, and integers that 64 bits can't carry, are problems.
        case document
        /// What a caller sends with a lookup: the last of duplicate keys wins, a huge integer becomes a double.
        case context
    }

    /// The value is nil if, and only if, the text as a whole can't be read: a syntax fault, invalid UTF-8, a number
    /// beyond double precision's range, too deep or too large. Other problems (duplicate keys, inexact integers) are
    /// all collected, in the order of the text, beside the value.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, purpose: Purpose = .document, maximumDepth: Int = 128,
        maximumBytes: Int = 16 << 20
    ) -> (value: JSONValue?, problems: [JSONProblem]) {
        guard bytes.count <= maximumBytes else {
            let reason =
                "the text has \(bytes.count) bytes, more than the \(maximumBytes) that are read; split it into several"
            return (nil, [JSONProblem(offset: 0, position: JSONPosition(line: 1, column: 1), reason: reason)])
        }
        return bytes.withMemoryRebound(to: UInt8.self) { buffer in
            var parser = JSONParser(buffer, purpose: purpose, maximumDepth: maximumDepth)
            let value = parser.document()
            return (value, parser.findings.isEmpty ? [] : placed(parser.findings, in: bytes))
        }
    }

    package static func read(
        _ bytes: [UInt8], purpose: Purpose = .document, maximumDepth: Int = 128, maximumBytes: Int = 16 << 20
    ) -> (value: JSONValue?, problems: [JSONProblem]) {
        bytes.withUnsafeBytes {
            read($0, purpose: purpose, maximumDepth: maximumDepth, maximumBytes: maximumBytes)
        }
    }

    package static func read(
        _ text: String, purpose: Purpose = .document, maximumDepth: Int = 128, maximumBytes: Int = 16 << 20
    ) -> (value: JSONValue?, problems: [JSONProblem]) {
        var text = text
        return text.withUTF8 {
            read(
                UnsafeRawBufferPointer($0), purpose: purpose, maximumDepth: maximumDepth, maximumBytes: maximumBytes)
        }
    }

    /// Gives every finding its line and column in one pass, however many there are.
    private static func placed(_ findings: [JSONFinding], in bytes: UnsafeRawBufferPointer) -> [JSONProblem] {
        var offsets = findings.map(\.offset) + findings.compactMap(\.earlierOffset)
        offsets.sort()
        var positions: [Int: JSONPosition] = [:]
        var walk = JSONPositionWalk(bytes)
        for offset in offsets where positions[offset] == nil { positions[offset] = walk.position(at: offset) }
        let problems = findings.map { finding in
            var reason = finding.reason
            if let earlier = finding.earlierOffset, let position = positions[earlier] {
                reason += "; the first stands at \(position)"
            }
            let position = positions[finding.offset] ?? JSONPosition(line: 1, column: 1)
            return JSONProblem(offset: finding.offset, position: position, reason: reason)
        }
        return problems.sorted { $0.offset < $1.offset }
    }
}

/// A problem whose line and column aren't worked out yet.
struct JSONFinding: Error {
    var offset: Int
    var reason: String
    /// Where the first of two equal keys stands.
    var earlierOffset: Int?
}
