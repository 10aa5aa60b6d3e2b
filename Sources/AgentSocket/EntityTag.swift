import LookupProtocol
import Replication

/// The ETag of a bulk answer: its revision, and a 64-bit FNV-1a hash
/// (http://www.isthe.com/chongo/tech/comp/fnv/) over the request's body and the answer. The answer is in it because
/// an evaluation may depend on the time, which neither configuration nor context holds.
struct EntityTag {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        // Ends each part, so that bytes can't move from one part to the next unnoticed.
        hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
    }

    func text(_ stamp: StateStamp) -> String {
        "\"\(stamp.epochCounter).\(Hexadecimal.text(stamp.epochID))-\(stamp.number)-\(Hexadecimal.text(hash))\""
    }

    /// Whether a header `If-None-Match` names `tag` (weakly, as RFC 9110 §13.1.2 wants it).
    static func isNamed(_ tag: String, in header: String?) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { part in
            var part = part.drop { $0 == " " || $0 == "\t" }
            while part.last == " " || part.last == "\t" { part.removeLast() }
            if part == "*" { return true }
            if part.hasPrefix("W/") { part = part.dropFirst(2) }
            return part == tag
        }
    }
}
