/// The names of pilot groups and components, which stand in paths, files and commands.
package enum PlainName {
    package static let longestBytes = 128

    /// Why `name` can't name such a thing; nil if it can.
    ///
    /// - Parameter what: `pilot group` or `component`.
    package static func fault(in name: String, of what: String) -> String? {
        let bytes = name.utf8
        guard let first = bytes.first else { return "a \(what)'s name can't be empty" }
        if bytes.count > longestBytes {
            return "the \(what)'s name has \(bytes.count) bytes; at most \(longestBytes) are taken"
        }
        let marks: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")]
        guard isLetterOrDigit(first), bytes.allSatisfy({ isLetterOrDigit($0) || marks.contains($0) }) else {
            return "\"\(name)\" can't name a \(what): lower-case letters a–z, digits, and after the first character "
                + "also . _ -"
        }
        return nil
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
