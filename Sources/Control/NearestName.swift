/// "Did you mean": the known name that is closest to what was typed.
package enum NearestName {
    /// The nearest of `known` within a third of the name's length (at least one, at most three edits); nil if none is.
    package static func of(_ name: String, in known: some Sequence<String>) -> String? {
        let typed = Array(name.lowercased().unicodeScalars)
        let limit = min(3, max(1, typed.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in known {
            let letters = Array(candidate.lowercased().unicodeScalars)
            guard abs(letters.count - typed.count) <= limit else { continue }
            let distance = edits(typed, letters)
            guard distance <= limit, distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// `did you mean "checkout"?`, or what is there if little is, or `fallback`.
    package static func hint(_ name: String, in known: some Collection<String>, fallback: String) -> String {
        if let nearest = of(name, in: known) { return "did you mean \"\(nearest)\"?" }
        if !known.isEmpty, known.count <= 8 {
            return "there is: " + known.sorted().joined(separator: ", ")
        }
        return fallback
    }

    /// Edit distance with neighbours swapped as one edit (optimal string alignment).
    private static func edits(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [Int](repeating: 0, count: b.count + 1)
            row[0] = i
            for j in 1...b.count {
                let same = a[i - 1] == b[j - 1]
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
