/// A member as 128 bits: SipHash-1-3 of its bytes, under a key that this process drew at its start. Two members have the
/// same by an accident that is as good as impossible, and nobody outside can look for one. Never stored or sent.
struct MemberHash: Sendable, Hashable, Comparable {
    var high: UInt64
    var low: UInt64

    private static let key = SipHash.Key.random()

    static let zero = MemberHash(high: 0, low: 0)

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(_ member: String) {
        var member = member
        self = member.withUTF8 { MemberHash(utf8: UnsafeRawBufferPointer($0)) }
    }

    init(utf8 bytes: UnsafeRawBufferPointer) {
        (high, low) = SipHash.hash(bytes, Self.key)
    }

    /// What hashed collections ask for: it is a hash already, and half of it is plenty to spread a tree by.
    func _rawHashValue(seed: Int) -> Int { Int(truncatingIfNeeded: high) ^ seed }

    static func < (a: MemberHash, b: MemberHash) -> Bool { a.high == b.high ? a.low < b.low : a.high < b.high }

    /// Sums of hashes know no order, so that they can be led on one by one.
    static func &+= (sum: inout MemberHash, hash: MemberHash) {
        sum.high &+= hash.high
        sum.low &+= hash.low
    }

    static func &-= (sum: inout MemberHash, hash: MemberHash) {
        sum.high &-= hash.high
        sum.low &-= hash.low
    }
}
