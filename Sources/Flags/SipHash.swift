/// SipHash with 128 bits of output (Aumasson and Bernstein, https://github.com/veorq/SipHash): a short keyed hash for which
/// nobody who lacks the key can look for two inputs with one result.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    struct Key: Sendable {
        var low: UInt64
        var high: UInt64

        static func random() -> Key { Key(low: .random(in: 0...UInt64.max), high: .random(in: 0...UInt64.max)) }
    }

    @inline(__always)
    private init(_ key: Key) {
        v0 = key.low ^ 0x736f_6d65_7073_6575
        v1 = key.high ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = key.low ^ 0x6c79_6765_6e65_7261
        v3 = key.high ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    private mutating func rounds(_ count: Int) {
        for _ in 0..<count {
            v0 &+= v1
            v1 = v1 << 13 | v1 >> 51
            v1 ^= v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = v3 << 16 | v3 >> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 << 21 | v3 >> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 << 17 | v1 >> 47
            v1 ^= v2
            v2 = v2 << 32 | v2 >> 32
        }
    }

    @inline(__always)
    private mutating func take(_ word: UInt64, _ count: Int) {
        v3 ^= word
        rounds(count)
        v0 ^= word
    }

    /// - Parameters:
    ///   - compression: rounds for each 8 bytes; SipHash-1-3 has 1 and 3, as Swift's own hashing does.
    ///   - finalization: rounds for each half of the result.
    @inline(__always)
    static func hash(
        _ bytes: UnsafeRawBufferPointer, _ key: Key, compression: Int = 1, finalization: Int = 3
    ) -> (first: UInt64, second: UInt64) {
        var state = SipHash(key)
        let whole = bytes.count & ~7
        var at = 0
        while at < whole {
            state.take(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)), compression)
            at += 8
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        let left = bytes.count - whole
        if left > 0, whole > 0 {
            // The last eight bytes, without those that were taken.
            let word = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            last |= UInt64(littleEndian: word) >> UInt64(8 * (8 - left))
        } else {
            for index in 0..<left { last |= UInt64(bytes[index]) << UInt64(8 * index) }
        }
        state.take(last, compression)
        state.v2 ^= 0xee
        state.rounds(finalization)
        let first = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
        state.v1 ^= 0xdd
        state.rounds(finalization)
        return (first, state.v0 ^ state.v1 ^ state.v2 ^ state.v3)
    }
}
