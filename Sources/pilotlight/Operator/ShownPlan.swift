import JSON

/// What a release's plan says besides what it changes and its stages, for people; nil for what goes without saying.
struct ShownPlan {
    let json: JSONValue

    var onRed: String? { text(json["onRed"]).flatMap { $0 == "rollback" ? "rolled back" : nil } }
    var bucketBy: String? { text(json["bucketBy"]) }
    var salt: String? { text(json["salt"]) }

    /// `users ann bob, pilots key-accounts`
    var exclude: String? {
        let parts = ["users", "pilots"].compactMap { member -> String? in
            let names = (json["exclude"]?[member]?.arrayValue ?? []).compactMap(\.stringValue).map(PrintableText.of)
            return names.isEmpty ? nil : "\(member) \(names.joined(separator: " "))"
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// Who is told of it in words of their own, and who in others': `users, support; staff as support`
    var audiences: String? {
        var own: [String] = []
        var others: [String] = []
        // From the widest one on: who has no text reads that of the last one who has.
        for audience in ["users", "support", "staff"] {
            if text(json["announcement"]?[audience]) != nil {
                own.append(audience)
            } else if let last = own.last {
                others.append("\(audience) as \(last)")
            }
        }
        return own.isEmpty ? nil : ([own.joined(separator: ", ")] + others).joined(separator: "; ")
    }

    /// A line each.
    var notes: [String] {
        guard let notes = json["notes"]?.stringValue, !notes.isEmpty else { return [] }
        let lines = notes.split(separator: "\n", omittingEmptySubsequences: false).map { PrintableText.of(String($0)) }
        return Array(lines.dropLast(lines.last?.isEmpty == true ? 1 : 0))
    }

    private func text(_ member: JSONValue?) -> String? {
        member?.stringValue.flatMap { $0.isEmpty ? nil : PrintableText.of($0) }
    }
}
