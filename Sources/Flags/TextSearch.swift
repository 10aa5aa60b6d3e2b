/// Finds one text in another by their UTF-8 bytes, in linear time: both may come from a context.
enum TextSearch {
    /// Up to here comparing at every place is quicker than preparing.
    private static let shortPart = 16

    static func contains(_ part: String, in text: String) -> Bool {
        var part = part
        var text = text
        return part.withUTF8 { part in
            text.withUTF8 { text in
                if part.isEmpty { return true }
                if part.count > text.count { return false }
                return part.count <= shortPart ? containsShort(part, in: text) : containsLong(part, in: text)
            }
        }
    }

    private static func containsShort(
        _ part: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        for start in 0...(text.count - part.count) where text[start] == part[0] {
            var matched = 1
            while matched < part.count, text[start + matched] == part[matched] { matched += 1 }
            if matched == part.count { return true }
        }
        return false
    }

    /// Knuth, Morris and Pratt: no byte of the text is looked at twice.
    private static func containsLong(
        _ part: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: part.count) { borders in
            // The longest proper border of each beginning of the part.
            borders[0] = 0
            var length = 0
            for index in 1..<part.count {
                while length > 0, part[index] != part[length] { length = borders[length - 1] }
                if part[index] == part[length] { length += 1 }
                borders[index] = length
            }
            var matched = 0
            for byte in text {
                while matched > 0, byte != part[matched] { matched = borders[matched - 1] }
                if byte == part[matched] { matched += 1 }
                if matched == part.count { return true }
            }
            return false
        }
    }
}
