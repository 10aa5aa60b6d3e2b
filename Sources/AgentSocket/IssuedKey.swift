/// Targeting keys for visitors who have none.
enum IssuedKey {
    /// 128 random bits as base64url (RFC 4648 §5): 22 characters.
    static func make(using generator: inout some RandomNumberGenerator) -> String {
        var bits: (high: UInt64, low: UInt64) = (generator.next(), generator.next())
        return String(unsafeUninitializedCapacity: 22) { characters in
            for index in 0..<22 {
                // The highest six bits; of the last, which has two, the rest is 0.
                characters[index] = digit(UInt8(truncatingIfNeeded: bits.high >> 58))
                bits = (bits.high << 6 | bits.low >> 58, bits.low << 6)
            }
            return 22
        }
    }

    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return make(using: &generator)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }
}
