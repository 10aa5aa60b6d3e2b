/// What differs between two texts, line by line, with a few lines around each difference.
enum LineDiff {
    enum Line: Hashable {
        case same(String)
        case removed(String)
        case added(String)
        /// Lines that are the same and not shown.
        case skipped
    }

    /// Where the middles are larger than this many pairs of lines, one is shown removed and the other added.
    private static let mostPairs = 4_000_000

    static func of(_ before: [String], _ after: [String], context: Int = 3) -> [Line] {
        let prefix = zip(before, after).prefix { $0 == $1 }.count
        let most = min(before.count, after.count) - prefix
        let suffix = zip(before.reversed(), after.reversed()).prefix(most).prefix { $0 == $1 }.count
        let old = Array(before[prefix..<(before.count - suffix)])
        let new = Array(after[prefix..<(after.count - suffix)])
        var lines = before[..<prefix].map { Line.same($0) }
        lines += middle(old, new)
        lines += before[(before.count - suffix)...].map { .same($0) }
        return folded(lines, context)
    }

    private static func middle(_ old: [String], _ new: [String]) -> [Line] {
        guard old.count * new.count <= mostPairs else { return old.map { .removed($0) } + new.map { .added($0) } }
        var removed = Set<Int>()
        var added = Set<Int>()
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var i = 0
        var j = 0
        while i < old.count || j < new.count {
            if i < old.count, removed.contains(i) {
                lines.append(.removed(old[i]))
                i += 1
            } else if j < new.count, added.contains(j) {
                lines.append(.added(new[j]))
                j += 1
            } else {
                lines.append(.same(old[i]))
                i += 1
                j += 1
            }
        }
        return lines
    }

    /// Long runs of the same lines become one `skipped`.
    private static func folded(_ lines: [Line], _ context: Int) -> [Line] {
        var isShown = [Bool](repeating: false, count: lines.count)
        for (index, line) in lines.enumerated() {
            if case .same = line { continue }
            for near in max(0, index - context)...min(lines.count - 1, index + context) { isShown[near] = true }
        }
        var result: [Line] = []
        for (index, line) in lines.enumerated() {
            if isShown[index] {
                result.append(line)
            } else if result.last != .skipped {
                result.append(.skipped)
            }
        }
        return result
    }
}
