/// MurmurHash3, x86, 32 bits, seed 0, over bytes that come piece by piece.
struct Murmur3 {
    private var state: UInt32 = 0
    private var pending: UInt32 = 0
    private var pendingBits: UInt32 = 0
    private var length: UInt32 = 0

    @inline(__always)
    mutating func combine(_ byte: UInt8) {
        pending |= UInt32(byte) << pendingBits
        pendingBits += 8
        length &+= 1
        if pendingBits == 32 {
            mix(pending)
            pending = 0
            pendingBits = 0
        }
    }

    mutating func combine(_ bytes: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < bytes.count, pendingBits != 0 {
            combine(bytes[index])
            index += 1
        }
        let raw = UnsafeRawBufferPointer(bytes)
        while index + 4 <= raw.count {
            mix(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
            length &+= 4
            index += 4
        }
        while index < bytes.count {
            combine(bytes[index])
            index += 1
        }
    }

    /// The text's UTF-8.
    mutating func combine(_ text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { combine($0) }
        if isDone == nil { for byte in text.utf8 { combine(byte) } }
    }

    /// Big-endian.
    mutating func combine<Number: FixedWidthInteger>(_ number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            combine(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    func finish() -> UInt32 {
        var hash = state
        if pendingBits != 0 { hash ^= Self.scrambled(pending) }
        hash ^= length
        hash ^= hash >> 16
        hash &*= 0x85EB_CA6B
        hash ^= hash >> 13
        hash &*= 0xC2B2_AE35
        hash ^= hash >> 16
        return hash
    }

    @inline(__always)
    private mutating func mix(_ block: UInt32) {
        state ^= Self.scrambled(block)
        state = (state << 13) | (state >> 19)
        state = state &* 5 &+ 0xE654_6B64
    }

    @inline(__always)
    private static func scrambled(_ block: UInt32) -> UInt32 {
        var block = block &* 0xCC9E_2D51
        block = (block << 15) | (block >> 17)
        return block &* 0x1B87_3593
    }
}
