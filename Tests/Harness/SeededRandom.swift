import JSON

/// SplitMix64: the same numbers from the same seed on every machine.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    package mutating func text() -> String {
        let letters: [Character] = ["a", "B", "é", "€", "😀", "\"", "\\", "\n", "\u{1}", "/", "~", " ", "0", "e\u{301}"]
        return String((0..<below(6)).map { _ in letters[below(letters.count)] })
    }

    package mutating func value(depth: Int = 4) -> JSONValue {
        switch below(depth == 0 ? 6 : 8) {
        case 0: .null
        case 1: .bool(below(2) == 0)
        case 2: .integer(Int64(truncatingIfNeeded: next() >> UInt64(below(64))))
        case 3: .double(Double(below(2_000_000) - 1_000_000) / Double(1 + below(1000)))
        case 4, 5: .string(text())
        case 6: .array((0..<below(5)).map { _ in value(depth: depth - 1) })
        default:
            .object(
                (0..<below(5)).reduce(into: JSONObject()) { object, _ in object[text()] = value(depth: depth - 1) })
        }
    }
}
