extension JSONParser {
    /// Reads the string whose opening quote stands at `offset`.
    mutating func string() throws(JSONFinding) -> String {
        let start = offset + 1
        let end = try scanPlain(from: start)
        if bytes[end] == UInt8(ascii: "\"") {
            offset = end + 1
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
        }
        // A backslash: from here on the text differs from the bytes, so it is gathered slice by slice.
        var text: [UInt8] = []
        text.reserveCapacity(end - start + 32)
        text.append(contentsOf: bytes[start..<end])
        offset = end
        while true {
            try escape(into: &text)
            let next = try scanPlain(from: offset)
            text.append(contentsOf: bytes[offset..<next])
            offset = next
            if bytes[next] == UInt8(ascii: "\"") {
                offset = next + 1
                return String(decoding: text, as: UTF8.self)
            }
        }
    }

    /// The index of the first quote or backslash from `start` on; everything before it is valid UTF-8.
    private func scanPlain(from start: Int) throws(JSONFinding) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
            if byte < 0x20 {
                throw JSONFinding(
                    offset: index,
                    reason: "a control character (0x\(String(byte, radix: 16))) inside a string; write it as an escape")
            }
            if byte < 0x80 {
                index += 1
            } else if let length = Self.validSequence(in: bytes, at: index) {
                index += length
            } else {
                throw JSONFinding(
                    offset: index,
                    reason: "invalid UTF-8 (byte 0x\(String(byte, radix: 16)) at offset \(index)); save it as UTF-8")
            }
        }
        throw JSONFinding(offset: index, reason: "the text ends inside a string; a closing quote is missing")
    }

    /// Reads the escape whose backslash stands at `offset`.
    private mutating func escape(into text: inout [UInt8]) throws(JSONFinding) {
        let start = offset
        guard let letter = byte(at: offset + 1) else {
            throw JSONFinding(offset: bytes.count, reason: "the text ends inside a string; a closing quote is missing")
        }
        offset += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape(from: start, into: &text)
        default:
            throw JSONFinding(
                offset: start,
                reason: "\(found(at: start + 1)) after a backslash is no escape; write \\\\ for a backslash")
        }
    }

    private mutating func unicodeEscape(from start: Int, into text: inout [UInt8]) throws(JSONFinding) {
        let unit = try fourHexDigits(from: start)
        var code = unit
        if 0xD800...0xDBFF ~= unit {
            guard byte(at: offset) == UInt8(ascii: "\\"), byte(at: offset + 1) == UInt8(ascii: "u") else {
                throw loneSurrogate(at: start)
            }
            let second = offset
            offset += 2
            let low = try fourHexDigits(from: second)
            guard 0xDC00...0xDFFF ~= low else { throw loneSurrogate(at: start) }
            code = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw loneSurrogate(at: start) }
        text.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }

    private mutating func fourHexDigits(from start: Int) throws(JSONFinding) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = byte(at: offset), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw JSONFinding(offset: start, reason: "\\u needs four hexadecimal digits after it")
            }
            unit = unit << 4 | UInt32(digit)
            offset += 1
        }
        return unit
    }

    private func loneSurrogate(at offset: Int) -> JSONFinding {
        JSONFinding(offset: offset, reason: "half of a surrogate pair, which is no character; write both or neither")
    }

    /// The length of the well-formed UTF-8 sequence at `index` (Unicode table 3-7), nil if it is none.
    static func validSequence(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
        let first = bytes[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return nil
        }
        guard index + length <= bytes.count, second ~= bytes[index + 1] else { return nil }
        for place in index + 2..<max(index + 2, index + length) where bytes[place] & 0xC0 != 0x80 { return nil }
        return length
    }
}
