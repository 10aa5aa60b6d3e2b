import Harness
import JSON
import Testing

@Suite struct JSONNumberTests {
    /// Every decimal text must give the double nearest to it, on the fast path and beside it.
    @Test func doublesAreRoundedCorrectly() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<20_000 {
            let digits = String(random.next() >> UInt64(random.below(64)))
            let fraction = String(UInt32.random(in: 0...UInt32.max, using: &random))
            let exponent = Int.random(in: -330...300, using: &random)
            for text in ["\(digits).\(fraction)", "\(digits)e\(exponent)", "-\(digits).\(fraction)e\(exponent / 15)"] {
                guard let expected = Double(text), expected.isFinite else { continue }
                #expect(JSONReader.read(text).value?.doubleValue == expected, "\(text)")
            }
        }
    }

    @Test func doublesAreWrittenSoThatTheyReadBack() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
            guard value.isFinite else { continue }
            let text = JSONValue.double(value).compactText()
            #expect(JSONReader.read(text).value == .double(value), "\(text)")
        }
    }

    @Test func integersAreExact() {
        for value in [Int64.min, .min + 1, -1, 0, 1, 9_007_199_254_740_993, .max - 1, .max] {
            #expect(JSONReader.read(String(value)).value == .integer(value))
            #expect(JSONValue.integer(value).compactText() == String(value))
        }
    }

    @Test func integerAndFractionStayApart() {
        #expect(JSONReader.read("10").value != JSONReader.read("10.0").value)
        #expect(JSONReader.read("10.0").value?.integerValue == nil)
        #expect(JSONReader.read("10").value?.doubleValue == 10)
    }
}
