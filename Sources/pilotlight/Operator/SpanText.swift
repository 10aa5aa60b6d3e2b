/// A length of time as people read it: `45 s`, `10 min`, `1 h 30 min`, `2 d`.
enum SpanText {
    static func of(seconds: Int64) -> String {
        let units: [(word: String, seconds: Int64)] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
        var rest = max(0, seconds)
        var parts: [String] = []
        for unit in units {
            if rest >= unit.seconds { parts.append("\(rest / unit.seconds) \(unit.word)") }
            rest %= unit.seconds
        }
        // Two units are as exact as anybody reads it.
        return parts.isEmpty ? "0 s" : parts.prefix(2).joined(separator: " ")
    }
}
