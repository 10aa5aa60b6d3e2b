import Harness
import JSON
import Testing

/// Whatever comes in, the reader answers: a value or a problem that lies inside the text.
@Suite struct JSONReaderPropertyTests {
    @Test(arguments: [1, 2, 3, 4]) func survivesDamagedTexts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            var bytes = Array(random.value().compactText().utf8)
            for _ in 0...random.below(4) {
                switch random.below(4) {
                case 0 where !bytes.isEmpty: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 1 where !bytes.isEmpty: bytes.remove(at: random.below(bytes.count))
                case 2: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count + 1))
                default: bytes.removeLast(random.below(bytes.count + 1))
                }
            }
            check(bytes)
        }
    }

    @Test(arguments: [5, 6]) func survivesSoupOfTokens(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u00", "\\ud800", "1", "-", ".5", "e9", "true", "nul", " ", "\n",
            "\"",
            "\u{FEFF}", "é", "0", "{\"k\":", "[1,",
        ]
        for _ in 0..<4_000 {
            check(Array((0..<random.below(12)).map { _ in tokens[random.below(tokens.count)] }.joined().utf8))
        }
    }

    private func check(_ bytes: [UInt8]) {
        for purpose in [JSONReader.Purpose.document, .context] {
            let read = JSONReader.read(bytes, purpose: purpose)
            #expect(read.value != nil || !read.problems.isEmpty)
            for problem in read.problems { #expect((0...bytes.count).contains(problem.offset)) }
            if let value = read.value {
                #expect(JSONReader.read(value.canonicalBytes(), purpose: .context).value == value)
            }
        }
        _ = JSONLocator.position(of: JSONPointer(tokens: ["a", "0"]), in: bytes)
    }
}
