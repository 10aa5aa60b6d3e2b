import Flags
import Foundation
import Testing

@testable import AgentSocket

@Suite struct IssuedKeyTests {
    private struct Given: RandomNumberGenerator {
        var numbers: [UInt64]
        mutating func next() -> UInt64 { numbers.removeFirst() }
    }

    @Test(
        arguments: [
            [0, 0], [.max, .max], [0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210], [1, 0], [0, 1], [.max, 0],
            [0xFBEF_BEFB_EFBE_FBEF, 0x3FFF_0000_FFFF_0001],
        ] as [[UInt64]])
    func itIsBase64OfTheBits(numbers: [UInt64]) {
        var generator = Given(numbers: numbers)
        let bytes = Data(numbers.flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } })
        let wanted = bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
        #expect(IssuedKey.make(using: &generator) == wanted)
        #expect(wanted.utf8.count == 22)
    }
}

@Suite struct RouteHeadersTests {
    /// Neither an agent's state nor a header takes it.
    @Test(arguments: ["", "blue green", "blue\r\nSet-Cookie: a=b", "bl\u{0}ue", "\u{7f}", "bl\u{e9}", "\t"])
    func whatCantStandInAHeaderIsLeftOut(text: String) throws {
        #expect(!RouteHeaders.isFit(text))
        var version = ComponentVersion("1")
        version.upstream = text
        let component = ComponentDefinition("odd", versions: [version], defaultVersion: "1")
        #expect(throws: NotCompilable.self) {
            var flags = FlagSet()
            try flags.put(component: "odd", storedBytes: component.storedBytes)
        }
    }

    @Test func whatCanIsWritten() {
        for text in ["blue", "10.0.0.7:8080", "[::1]:80", "unix:/run/x.sock", "1.0+build-7"] {
            #expect(RouteHeaders.isFit(text))
        }
    }
}
