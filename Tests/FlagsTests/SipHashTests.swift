import Testing

@testable import Flags

/// Against the vectors that its authors publish (vectors_sip128), for SipHash-2-4 with 128 bits.
@Suite struct SipHashTests {
    @Test(arguments: [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (2, "8177228da4a45dc7fca38bdef60affe4"), (3, "9c70b60c5267a94e5f33b6b02985ed51"),
        (8, "3b62a9ba6258f5610f83e264f31497b4"), (9, "264499060ad9baabc47f8b02bb6d71ed"),
        (15, "5493e99933b0a8117e08ec0f97cfc3d9"), (16, "6ee2a4ca67b054bbfd3315bf85230577"),
        (63, "5150d1772f50834a503e069a973fbd7c"),
    ])
    func published(count: Int, expected: String) {
        let input = (0..<UInt8(count)).map { $0 }
        #expect(Self.text(input, compression: 2, finalization: 4) == expected)
    }

    /// Whatever stands around the bytes in memory is none of their business.
    @Test func neighboursDontCount() {
        for count in 0..<100 {
            let input = (0..<UInt8(count)).map { $0 &* 7 &+ 1 }
            let framed = [0xFF] + input + [0xFF, 0xFE]
            let inner = framed.withUnsafeBytes {
                SipHash.hash(UnsafeRawBufferPointer(rebasing: $0[1..<count + 1]), Self.key)
            }
            #expect(inner == input.withUnsafeBytes { SipHash.hash($0, Self.key) })
        }
    }

    private static let key = SipHash.Key(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)

    private static func text(_ input: [UInt8], compression: Int, finalization: Int) -> String {
        let (first, second) = input.withUnsafeBytes {
            SipHash.hash($0, key, compression: compression, finalization: finalization)
        }
        return [first, second].flatMap { word in
            (0..<8).map { shift in
                let byte = UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))
                return (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
    }
}
