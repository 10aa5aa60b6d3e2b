/// Fields as they stand in a frame: integers big-endian, texts and byte strings behind their length.
extension [UInt8] {
    @inline(__always)
    mutating func append(integer value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// A text behind a length of two bytes. What is longer than 65,535 bytes is cut at a character's boundary: only
    /// explanations for people can be that long, since keys and variants are limited far below.
    mutating func append(shortText text: String) {
        var text = text
        text.withUTF8 { utf8 in
            var count = Swift.min(utf8.count, Int(UInt16.max))
            if count < utf8.count {
                while count > 0, utf8[count] & 0xC0 == 0x80 { count -= 1 }
            }
            append(integer: UInt16(count))
            append(contentsOf: utf8.prefix(count))
        }
    }

    /// A text behind a length of four bytes.
    mutating func append(longText text: String) {
        var text = text
        text.withUTF8 { utf8 in
            append(integer: UInt32(clamping: utf8.count))
            append(contentsOf: utf8)
        }
    }

    /// Bytes behind a length of four bytes.
    mutating func append(longBytes bytes: [UInt8]) {
        append(integer: UInt32(clamping: bytes.count))
        append(contentsOf: bytes)
    }
}
