import JSON

/// Why a flag's code can go, in words.
enum StaleText {
    /// `everyone has it since release autumn-sale of 2026-01-31 10:20:30 UTC, owner ann`; nil where it isn't stale.
    /// - Parameter stale: as the operator API gives it.
    static func of(_ stale: JSONValue?) -> String? {
        guard let release = stale?["release"]?.stringValue else { return nil }
        let since = TimeText.of(stale?["since"]).map { " of \($0)" } ?? ""
        let owner = stale?["owner"]?.stringValue.map { ", owner \(PrintableText.of($0))" } ?? ""
        return "everyone has it since release \(PrintableText.of(release))\(since)\(owner)"
    }
}
