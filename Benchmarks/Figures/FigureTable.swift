/// Rows under a heading, in columns.
package struct FigureTable {
    private var rows: [[String]]

    package init(_ heading: String...) { rows = [heading] }

    package mutating func add(_ cells: String...) { rows.append(cells) }

    package var text: String {
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
    package func digits(_ count: Int) -> String {
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
    package var mebibytes: String { (Double(self) / 1_048_576).digits(1) + " MiB" }
}
