import JSON

/// Whose answers a change would move, from the answer to a look ahead that was given their keys.
enum BlastRadiusText {
    /// For each flag and component how many users change, and from what to what; one line if there are none.
    /// - Parameter most: names shown of each move.
    static func lines(_ answer: JSONValue, most: Int = 5, _ style: OutputStyle) -> [String] {
        guard let flags = answer["blastRadius"]?.arrayValue else { return [] }
        let moved = flags.filter { ($0["changed"]?.integerValue ?? 0) > 0 }
        guard !moved.isEmpty else { return ["blast radius: nobody's answer changes"] }
        var lines = moved.flatMap { flag -> [String] in
            let changed = flag["changed"]?.integerValue ?? 0
            let of = flag["of"]?.integerValue ?? 0
            let key = PrintableText.of(name(flag))
            let head =
                "blast radius: \(key) changes for \(changed) of \(CountText.of(of, "user")), "
                + ShareText.of(changed, in: of)
            return [style.paint(head, .yellow)] + (flag["moves"]?.arrayValue ?? []).map { move($0, most: most) }
        }
        if moved.count > 1, let touched = answer["usersTouched"]?.integerValue,
            let users = answer["users"]?.integerValue
        {
            lines.append(
                "blast radius: \(what(moved)), \(touched) of \(CountText.of(users, "user")), "
                    + ShareText.of(touched, in: users))
        }
        return lines
    }

    /// `new-checkout`, `component shop`
    private static func name(_ entry: JSONValue) -> String {
        entry["component"]?.stringValue.map { "component \($0)" } ?? entry["flag"]?.stringValue ?? "?"
    }

    /// `2 flags, 1 component`
    private static func what(_ moved: [JSONValue]) -> String {
        let components = moved.count { $0["component"] != nil }
        let flags = moved.count - components
        let parts = [(flags, "flag"), (components, "component")].filter { $0.0 > 0 }
        return parts.map { CountText.of($0.0, $0.1) }.joined(separator: ", ")
    }

    /// `  off → on  50: ann, bob, …`
    private static func move(_ move: JSONValue, most: Int) -> String {
        func variant(_ member: String) -> String {
            move[member]?.stringValue.map { PrintableText.of($0) } ?? "(the caller's default)"
        }
        let count = move["count"]?.integerValue ?? 0
        let names = (move["sample"]?.arrayValue ?? []).compactMap(\.stringValue).prefix(most).map(PrintableText.of)
        let more = Int64(names.count) < count && !names.isEmpty ? ", …" : ""
        let other = move["from"] == move["to"] ? ", another value" : ""
        return "  \(variant("from")) → \(variant("to"))\(other)  \(count)"
            + (names.isEmpty ? "" : ": \(names.joined(separator: ", "))\(more)")
    }
}
