import HashTreeCollections
import JSON
import Releases
import Replication

/// Openings, stages and freezes to come.
extension OperatorAPI {
    var showCalendar: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let now = clock.now
            let from = try Self.time(request, "from") ?? now.wallSeconds
            let until = try Self.time(request, "until") ?? from + Self.usualSpan
            guard from < until, until - from <= Self.longestSpan else {
                throw Refusal(
                    .invalid, "Not a time span",
                    detail:
                        "from \(Timestamp.text(seconds: from)) until \(Timestamp.text(seconds: until)): the end must "
                        + "come after the beginning, by five years at most",
                    hint: "as in ?from=2026-12-01T00:00:00Z&until=2027-01-01T00:00:00Z")
            }
            let calendar = ReleaseCalendar(state.releases.values, state.freezes, from: from, until: until, now: now)
            return .json(
                .object([
                    "entries": .array(calendar.entries.map(\.json)), "revision": state.committed.revision.json,
                ]))
        }
    }

    /// Four weeks, and five years.
    private static let usualSpan: Int64 = 28 * 86_400
    private static let longestSpan: Int64 = 5 * 366 * 86_400

    private static func time(_ request: APIRequest, _ name: String) throws(Refusal) -> Int64? {
        guard let text = request.query(name) else { return nil }
        guard let seconds = Timestamp.seconds(of: text) else { throw .noTime(text, as: name) }
        return seconds
    }
}

extension Refusal {
    /// - Parameter name: of the member, or of what is in the query.
    static func noTime(_ text: String, as name: String) -> Refusal {
        Refusal(
            .invalid, "Not a time", detail: "\"\(name)\" is \"\(text)\"",
            hint: "as in 2026-12-01T09:00:00Z or 2026-12-01T10:00:00+01:00")
    }
}
