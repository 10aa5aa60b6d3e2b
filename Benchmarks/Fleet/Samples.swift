/// Durations in nanoseconds.
struct Samples {
    private(set) var values: [UInt64] = []

    mutating func add(_ value: UInt64) { values.append(value) }
    mutating func add(_ more: Samples) { values += more.values }

    var count: Int { values.count }

    /// The value that `share` of all don't exceed, in milliseconds.
    func percentile(_ share: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let index = min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)
        return Double(sorted[max(0, index)]) / 1e6
    }

    var median: Double { percentile(0.5) }
    var p99: Double { percentile(0.99) }
    var largest: Double { Double(values.max() ?? 0) / 1e6 }
}

/// Rows under a heading, in columns.
struct FigureTable {
    private var rows: [[String]]

    init(_ heading: String...) { rows = [heading] }

    mutating func add(_ cells: String...) { rows.append(cells) }

    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension Double {
    /// With so many digits after the point.
    func digits(_ count: Int) -> String {
        guard isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<count { scale *= 10 }
        let whole = Int64((self * scale).rounded())
        guard count > 0 else { return "\(whole)" }
        let fraction = String(abs(whole) % Int64(scale))
        let zeros = String(repeating: "0", count: count - fraction.count)
        return "\(whole < 0 ? "-" : "")\(abs(whole) / Int64(scale)).\(zeros)\(fraction)"
    }
}

extension Int {
    /// Bytes, in mebibytes.
    var mebibytes: String { (Double(self) / 1_048_576).digits(1) + " MiB" }
}
