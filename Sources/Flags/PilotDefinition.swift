/// One pilot group as a document gives it.
package struct PilotDefinition: Sendable, Hashable {
    package var name: String
    /// Targeting keys, in the document's order, none twice.
    package var members: [String]

    package init(name: String, members: [String]) {
        self.name = name
        self.members = members
    }

    package static let longestNameBytes = 128
    package static let longestMemberBytes = 256

    /// Why `name` can't name a pilot group; nil if it can.
    package static func fault(inName name: String) -> String? {
        let bytes = name.utf8
        guard let first = bytes.first else { return "a pilot group's name can't be empty" }
        if bytes.count > longestNameBytes {
            return "the pilot group's name has \(bytes.count) bytes; at most \(longestNameBytes) are taken"
        }
        let startsWell = isLetterOrDigit(first)
        let marks: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")]
        guard startsWell, bytes.allSatisfy({ isLetterOrDigit($0) || marks.contains($0) }) else {
            return
                "\"\(name)\" can't name a pilot group: lower-case letters a–z, digits, and after the first character "
                + "also . _ -"
        }
        return nil
    }

    /// Why `member` can't be a member; nil if it can.
    package static func fault(inMember member: String) -> String? {
        if member.isEmpty { return "a member can't be empty" }
        if member.utf8.count > longestMemberBytes {
            return "the member has \(member.utf8.count) bytes; at most \(longestMemberBytes) are taken"
        }
        if member.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
            return "the member holds a control character: lists of members go one to a line"
        }
        return nil
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
