/// A member as 128 bits: SipHash of its bytes, and of its bytes with an end that no UTF-8 has, under a key that this
/// process drew at its start. Two members have the same by an accident that is as good as impossible, and nobody
/// outside can look for one. Never stored or sent.
struct MemberHash: Sendable, Hashable, Comparable {
    var high: UInt64
    var low: UInt64

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
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        var other = hasher
        other.combine(UInt8(0xFF))
        high = UInt64(truncatingIfNeeded: hasher.finalize())
        low = UInt64(truncatingIfNeeded: other.finalize())
    }

    /// It is a hash already: half of it is plenty to spread by.
    func hash(into hasher: inout Hasher) { hasher.combine(high) }

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
