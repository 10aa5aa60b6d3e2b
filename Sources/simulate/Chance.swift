import Replication

/// Every decision of a run is drawn from this, so that a seed is the whole run.
struct Chance {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func bits() -> UInt64 { generator.next() }

    /// True with this probability.
    mutating func happens(_ probability: Double) -> Bool {
        Double(generator.next() >> 11) * 0x1p-53 < probability
    }

    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + generator.next() % (range.upperBound - range.lowerBound + 1)
    }

    mutating func index(below count: Int) -> Int { Int(generator.next() % UInt64(count)) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[index(below: elements.count)] }
}
