/// Rows of cells: columns under a heading on a terminal; elsewhere one row to a line, a tab between cells, no heading.
struct TextTable {
    struct Cell: TableCell {
        var text: String
        var colour: OutputStyle.Colour?

        init(_ text: String, _ colour: OutputStyle.Colour? = nil) {
            self.text = PrintableText.of(text)
            self.colour = colour
        }

        var cell: Cell { self }
    }

    private let header: [String]
    private var rows: [[Cell]] = []

    init(_ header: String...) {
        self.header = header
    }

    mutating func add(_ cells: any TableCell...) { add(cells) }

    mutating func add(_ cells: [any TableCell]) {
        rows.append(cells.map(\.cell))
    }

    func text(_ style: OutputStyle) -> String {
        style.isTerminal ? columns(style) : lines
    }

    /// The table and, on a terminal, a line that sums it up.
    func text(_ style: OutputStyle, summary: String) -> String {
        if style.isTerminal { return columns(style) + "\n" + style.paint(summary, .dim) }
        return lines
    }

    private var lines: String {
        rows.map { $0.map(\.text).joined(separator: "\t") }.joined(separator: "\n")
    }

    private func columns(_ style: OutputStyle) -> String {
        let all = [header.map { Cell($0, .bold) }] + rows
        let widths = header.indices.map { column in
            all.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return all.map { row in
            // Empty cells at the end leave no spaces behind.
            let last = row.lastIndex { !$0.text.isEmpty } ?? 0
            return row.prefix(last + 1).enumerated().map { column, cell in
                let padding = column < last ? String(repeating: " ", count: widths[column] - cell.text.count + 2) : ""
                return style.paint(cell.text, cell.colour) + padding
            }.joined()
        }.joined(separator: "\n")
    }
}

/// What a table takes: text, or text with a colour.
protocol TableCell {
    var cell: TextTable.Cell { get }
}

extension String: TableCell {
    var cell: TextTable.Cell { TextTable.Cell(self) }
}
