import Foundation

/// Output that a document shows, held against what was printed.
///
/// A line `…` stands for any number of lines. Times, process ids, random ids and ports differ each time and are taken
/// for equal, and so are widths of white space.
struct ShownOutput {
    private let shown: [String]

    init(_ lines: [String]) { shown = lines.map(Self.normalised) }

    /// What was shown and not printed, or printed and not shown; nil if nothing was.
    func difference(from printed: [String]) -> String? {
        var rest = printed.map(Self.normalised)[...]
        var mayskip = false
        for line in shown {
            if line == "…" {
                mayskip = true
                continue
            }
            if mayskip {
                guard let place = rest.firstIndex(of: line) else {
                    return "shown, but not printed from here on: \(line)"
                }
                rest = rest[(place + 1)...]
            } else {
                guard let next = rest.first else { return "shown, but the output ended: \(line)" }
                guard next == line else { return "shown: \(line)\n    printed: \(next)" }
                rest.removeFirst()
            }
            mayskip = false
        }
        if !mayskip, let next = rest.first { return "printed, but not shown: \(next)" }
        return nil
    }

    static func lines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        return lines
    }

    private static func normalised(_ line: String) -> String {
        line.replacing(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/, with: "TIME")
            .replacing(/\b([0-9a-f]{32}|[0-9a-f]{16})\b/.wordBoundaryKind(.simple), with: "ID")
            .replacing(/\b\d+(\.\d+)? (ms|s|min|h|bytes)\b/.wordBoundaryKind(.simple)) { "N \($0.2)" }
            .replacing(/kill (-9 )?\d+/, with: "kill N")
            .replacing(/127\.0\.0\.1:\d+/, with: "127.0.0.1:PORT")
            .replacing(/\s+/, with: " ")
            .trimmingCharacters(in: .whitespaces)
    }
}
