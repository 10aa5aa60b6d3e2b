import JSON

/// Finds what was probably meant by a name that isn't known.
package enum NearestName {
    /// The candidate at the smallest edit distance, if that is small enough for the two to be one name mistyped.
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(name.lowercased().unicodeScalars.prefix(longest + 1))
        guard letters.count <= longest else { return nil }
        var best: (name: String, distance: Int, common: Int)?
        for candidate in candidates where !candidate.isExactly(name) {
            let others = Array(candidate.lowercased().unicodeScalars.prefix(longest + 1))
            let limit = max(1, min(letters.count, others.count) / 3)
            guard others.count <= longest else { continue }
            // "percent" is "percentage" cut short.
            let isCutShort = letters.count >= 4 && others.starts(with: letters)
            guard isCutShort || abs(letters.count - others.count) <= limit else { continue }
            let distance = isCutShort ? others.count - letters.count : distance(letters, others)
            guard isCutShort || distance <= limit else { continue }
            // Of equally near ones the one that begins alike: "of" is "off" rather than "on".
            let common = zip(letters, others).prefix { $0 == $1 }.count
            if let best, (best.distance, -best.common) <= (distance, -common) { continue }
            best = (candidate, distance, common)
        }
        return best?.name
    }

    /// "did you mean X?", or else a list of what there is.
    static func hint(for name: String, among candidates: [String], listedAs what: String) -> String {
        if let nearest = of(name, among: candidates) { return "did you mean \"\(nearest)\"?" }
        let shown = candidates.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
        return "\(what): \(shown)\(candidates.count > 8 ? ", …" : "")"
    }

    /// "did you mean X?", or else the few that there are, or else `fallback`.
    package static func hint(for name: String, among known: some Collection<String>, fallback: String) -> String {
        if let nearest = of(name, among: known) { return "did you mean \"\(nearest)\"?" }
        guard !known.isEmpty, known.count <= 8 else { return fallback }
        return "there is: " + known.sorted().joined(separator: ", ")
    }

    /// Longer names aren't compared; the cost is the product of both lengths.
    private static let longest = 64

    /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
    private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in 1..<max(1, a.count + 1) {
            var row = [i]
            for j in 1..<max(1, b.count + 1) {
                var cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, before[j - 2] + 1) }
                row.append(cost)
            }
            before = previous
            previous = row
        }
        return previous[b.count]
    }
}
