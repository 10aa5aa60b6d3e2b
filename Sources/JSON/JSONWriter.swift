extension JSONValue {
    /// The one text that stands for this value wherever bytes are hashed or compared: members sorted by the UTF-8
    /// bytes of their keys, no spaces, the shortest digits that give the same number, only the escapes that must be.
    package func canonicalBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter(sorted: true, indented: false).write(self, to: &bytes, level: 0)
        return bytes
    }

    /// On one line, members in their order.
    package func compactText() -> String {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Indented by two spaces, members in their order, no newline at the end.
    package func prettyText() -> String {
        var bytes: [UInt8] = []
        JSONWriter(sorted: false, indented: true).write(self, to: &bytes, level: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the compact text.
    package func write(to bytes: inout [UInt8]) {
        JSONWriter(sorted: false, indented: false).write(self, to: &bytes, level: 0)
    }
}

package struct JSONWriter {
    var sorted: Bool
    var indented: Bool

    func write(_ value: JSONValue, to bytes: inout [UInt8], level: Int) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: value.description.utf8)
        // Swift's description is the shortest text that reads back as the same double, and always valid JSON.
        case .double(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let value): Self.writeString(value, to: &bytes)
        case .array(let elements): write(elements, to: &bytes, level: level)
        case .object(let object): write(object, to: &bytes, level: level)
        }
    }

    private func write(_ elements: [JSONValue], to bytes: inout [UInt8], level: Int) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            newLine(level + 1, to: &bytes)
            write(element, to: &bytes, level: level + 1)
        }
        if !elements.isEmpty { newLine(level, to: &bytes) }
        bytes.append(UInt8(ascii: "]"))
    }

    private func write(_ object: JSONObject, to bytes: inout [UInt8], level: Int) {
        bytes.append(UInt8(ascii: "{"))
        let members = sorted ? object.members.sorted { $0.key.precedesInBytes($1.key) } : object.members
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            newLine(level + 1, to: &bytes)
            Self.writeString(member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            if indented { bytes.append(0x20) }
            write(member.value, to: &bytes, level: level + 1)
        }
        if !members.isEmpty { newLine(level, to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
    }

    private func newLine(_ level: Int, to bytes: inout [UInt8]) {
        guard indented else { return }
        bytes.append(0x0A)
        for _ in 0..<level * 2 { bytes.append(0x20) }
    }

    /// Appends `text` as a JSON string with its quotes.
    package static func writeString(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        let plain =
            text.utf8.withContiguousStorageIfAvailable { buffer in
                guard !buffer.contains(where: needsEscape) else { return false }
                bytes.append(contentsOf: buffer)
                return true
            } ?? false
        if !plain {
            for byte in text.utf8 {
                if needsEscape(byte) { writeEscape(byte, to: &bytes) } else { bytes.append(byte) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func writeEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            let digits = String(byte, radix: 16)
            bytes.append(contentsOf: (digits.utf8.count == 1 ? "u000" : "u00").utf8)
            bytes.append(contentsOf: digits.utf8)
        }
    }
}
