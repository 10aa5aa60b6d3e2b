/// Finds a cookie in a `Cookie` header (RFC 6265 §4.2.1), as browsers send it and others nearly do.
enum CookieReader {
    /// The value of the first cookie of that name that isn't empty, without the quotes around it.
    static func value(of name: String, in header: String) -> String? {
        var (name, header) = (name, header)
        return name.withUTF8 { name in header.withUTF8 { value(of: name, in: $0) } }
    }

    private static func value(
        of name: UnsafeBufferPointer<UInt8>, in header: UnsafeBufferPointer<UInt8>
    ) -> String? {
        var start = 0
        while start < header.count {
            let end = header[start...].firstIndex(of: UInt8(ascii: ";")) ?? header.count
            let pair = trimmed(header[start..<end])
            start = end + 1
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
                trimmed(pair[..<equals]).elementsEqual(name)
            else { continue }
            var value = trimmed(pair[(equals + 1)...])
            if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
                value = value.dropFirst().dropLast()
            }
            if !value.isEmpty { return String(decoding: value, as: UTF8.self) }
        }
        return nil
    }

    /// Without the blanks and tabs around it.
    static func trimmed(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Slice<UnsafeBufferPointer<UInt8>> {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var bytes = bytes
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return bytes
    }
}
