/// Durations in nanoseconds.
package struct Samples {
    package private(set) var values: [UInt64] = []

    package init() {}

    package mutating func add(_ value: UInt64) { values.append(value) }
    package mutating func add(_ more: Samples) { values += more.values }

    package var count: Int { values.count }

    /// The value that `share` of all don't exceed, in milliseconds.
    package func percentile(_ share: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let index = min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)
        return Double(sorted[max(0, index)]) / 1e6
    }

    package var median: Double { percentile(0.5) }
    package var p99: Double { percentile(0.99) }
    package var largest: Double { Double(values.max() ?? 0) / 1e6 }
}
