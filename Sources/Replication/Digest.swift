import Crypto

/// A hash of a whole state: the sum of one SHA-256 per entry, in four lanes of 64 bits that wrap around. The sum knows no
/// order, so that one change moves it in constant time: subtract the old term, add the new one.
///
/// It tells two states apart that came about by accident, error or damage. It is no signature: whoever may choose
/// entries freely could construct two states with one sum.
package struct Digest: Sendable, Hashable, CustomStringConvertible {
    package var lane0: UInt64
    package var lane1: UInt64
    package var lane2: UInt64
    package var lane3: UInt64

    package init(_ lane0: UInt64, _ lane1: UInt64, _ lane2: UInt64, _ lane3: UInt64) {
        self.lane0 = lane0
        self.lane1 = lane1
        self.lane2 = lane2
        self.lane3 = lane3
    }

    /// The digest of nothing.
    package static let empty = Digest(0, 0, 0, 0)

    package static func += (sum: inout Digest, term: Digest) {
        sum.lane0 &+= term.lane0
        sum.lane1 &+= term.lane1
        sum.lane2 &+= term.lane2
        sum.lane3 &+= term.lane3
    }

    package static func -= (sum: inout Digest, term: Digest) {
        sum.lane0 &-= term.lane0
        sum.lane1 &-= term.lane1
        sum.lane2 &-= term.lane2
        sum.lane3 &-= term.lane3
    }

    /// 64 hexadecimal digits.
    package var description: String {
        Hexadecimal.text(lane0) + Hexadecimal.text(lane1) + Hexadecimal.text(lane2) + Hexadecimal.text(lane3)
    }

    /// Reads what `description` writes; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 64 else { return nil }
        var lanes: [UInt64] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            guard let lane = Hexadecimal.value(rest.prefix(16)) else { return nil }
            lanes.append(lane)
            rest = rest.dropFirst(16)
        }
        self.init(lanes[0], lanes[1], lanes[2], lanes[3])
    }

    /// The term of one entry: SHA-256 over kind, length of the key, key and stored bytes.
    package static func term(of key: EntryKey, bytes: [UInt8]) -> Digest {
        term(kind: key.kind.rawValue, key.name, bytes)
    }

    /// The term of one pilot membership.
    package static func term(pilot: String, member: String) -> Digest {
        MembershipTerms(pilot: pilot).term(of: member)
    }

    private static func term(kind: UInt8, _ key: String, _ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { Digest(hashing: Self.beginning(kind: kind, key), $0) }
    }

    /// What is hashed before an entry's own bytes.
    fileprivate static func beginning(kind: UInt8, _ key: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(5 + key.utf8.count)
        bytes.append(kind)
        let length = UInt32(key.utf8.count)
        for shift in stride(from: UInt32(0), through: 24, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> shift))
        }
        bytes.append(contentsOf: key.utf8)
        return bytes
    }

    fileprivate init(hashing beginning: [UInt8], _ bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        beginning.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: bytes)
        self = hash.finalize().withUnsafeBytes { hash in
            Digest(
                UInt64(littleEndian: hash.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(littleEndian: hash.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt64(littleEndian: hash.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                UInt64(littleEndian: hash.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
        }
    }
}

/// The terms of one pilot group's memberships, one after another.
struct MembershipTerms: Sendable {
    private static let kind: UInt8 = 0xFF

    private let beginning: [UInt8]

    init(pilot: String) { beginning = Digest.beginning(kind: Self.kind, pilot) }

    /// - Parameter member: its UTF-8 bytes.
    func term(of member: UnsafeRawBufferPointer) -> Digest { Digest(hashing: beginning, member) }

    func term(of member: String) -> Digest {
        var member = member
        return member.withUTF8 { term(of: UnsafeRawBufferPointer($0)) }
    }
}
