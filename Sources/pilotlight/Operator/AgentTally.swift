/// How many agents are what, in words: `2 live, 1 silent, 1 failing`; a dash for none.
enum AgentTally {
    private static let words = ["live", "silent", "passing", "failing"]

    /// - Parameter count: of one of the words.
    static func text(_ count: (String) -> Int64) -> String {
        let parts = words.compactMap { word in
            let count = count(word)
            return count > 0 ? "\(count) \(word)" : nil
        }
        return parts.isEmpty ? "–" : parts.joined(separator: ", ")
    }
}
