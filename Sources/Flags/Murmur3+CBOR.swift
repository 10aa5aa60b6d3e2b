import JSON

/// Deterministic CBOR (RFC 8949, 4.2) fed to the hash as it is made.
extension Murmur3 {
    mutating func combine(cbor value: JSONValue) {
        switch value {
        case .null: combine(UInt8(0xF6))
        case .bool(let value): combine(UInt8(value ? 0xF5 : 0xF4))
        case .integer(let value):
            if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(~value)) }
        case .double(let value): combine(cborNumber: value)
        case .string(let text): combine(cborText: text)
        case .array(let elements):
            head(4, UInt64(elements.count))
            for element in elements { combine(cbor: element) }
        case .object(let object):
            head(5, UInt64(object.count))
            // By the encoded key: the length leads it.
            let sorted = object.members.sorted { a, b in
                let (mine, theirs) = (a.key.utf8.count, b.key.utf8.count)
                return mine == theirs ? a.key.precedesInBytes(b.key) : mine < theirs
            }
            for member in sorted {
                combine(cborText: member.key)
                combine(cbor: member.value)
            }
        }
    }

    mutating func combine(cborText text: String) {
        head(3, UInt64(text.utf8.count))
        combine(text)
    }

    /// The head of a list of `count` elements.
    mutating func combine(cborListOf count: Int) { head(4, UInt64(count)) }

    /// A whole number within 64 bits is an integer; any other the shortest float that holds it.
    private mutating func combine(cborNumber value: Double) {
        if value == value.rounded(), value >= -0x1p63, value < 0x1p64 {
            if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(~Int64(value))) }
        } else if value.isNaN {
            combine(UInt8(0xF9))
            combine(UInt16(0x7E00))
        } else if Double(Float16(value)) == value {
            combine(UInt8(0xF9))
            combine(Float16(value).bitPattern)
        } else if Double(Float(value)) == value {
            combine(UInt8(0xFA))
            combine(Float(value).bitPattern)
        } else {
            combine(UInt8(0xFB))
            combine(value.bitPattern)
        }
    }

    private mutating func head(_ major: UInt8, _ argument: UInt64) {
        let type = major << 5
        switch argument {
        case ..<24: combine(type | UInt8(argument))
        case ...0xFF:
            combine(type | 24)
            combine(UInt8(argument))
        case ...0xFFFF:
            combine(type | 25)
            combine(UInt16(argument))
        case ...0xFFFF_FFFF:
            combine(type | 26)
            combine(UInt32(argument))
        default:
            combine(type | 27)
            combine(argument)
        }
    }
}
