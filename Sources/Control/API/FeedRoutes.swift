import HTTPTypes
import Hummingbird
import JSON
import Releases
import Replication

/// The changelog as feeds. Users are told of what was launched and what of that was taken back; support and staff of every
/// roll back, and of holds too.
extension OperatorAPI {
    var atomFeed: Handler {
        { request throws(Refusal) in
            let feed = try await feed(request)
            return Self.conditional(feed, request) {
                .text($0.atom, contentType: "application/atom+xml; charset=utf-8")
            }
        }
    }

    var jsonFeed: Handler {
        { request throws(Refusal) in
            let feed = try await feed(request)
            return Self.conditional(feed, request) { feed in
                var answer = APIResponse.json(feed.json)
                answer.headers[.contentType] = "application/feed+json"
                return answer
            }
        }
    }

    private static let mostEntries = 100

    private func feed(_ request: APIRequest) async throws(Refusal) -> ChangelogFeed {
        let state = try environment(request)
        let audience = try Self.audience(request)
        let kinds: [AnnouncedEvent] = audience == .users ? [.launched, .rolledBack] : AnnouncedEvent.allCases
        let (found, made) = try await read { store in
            (
                try await store.announcements(
                    of: state.id, kinds: kinds.map(\.rawValue), limit: Self.mostEntries,
                    where: { $0.concerns(audience) }),
                try await store.published(0, in: state.id)?.time
            )
        }
        let host = request.request.head.authority ?? "localhost"
        let scheme = request.request.headers[.forwardedProto]?.lowercased() == "https" ? "https" : "http"
        return ChangelogFeed(
            environment: state.name, audience: audience, base: "\(scheme)://\(host)", began: made ?? 0,
            entries: found.compactMap { FeedEntry($0, for: audience) })
    }

    /// `?audience=`; users unless given.
    static func audience(_ request: APIRequest) throws(Refusal) -> AnnouncementAudience {
        guard let text = request.query("audience") else { return .users }
        guard let audience = AnnouncementAudience(rawValue: text) else {
            let known = AnnouncementAudience.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                .malformed, "Malformed query", detail: "audience=\(text) is no audience", hint: "one of " + known)
        }
        return audience
    }

    /// Readers come again and again: what hasn't changed isn't sent twice.
    private static func conditional(
        _ feed: ChangelogFeed, _ request: APIRequest, _ render: (ChangelogFeed) -> APIResponse
    ) -> APIResponse {
        let tag = "\"\(feed.audience.rawValue)-\(feed.entries.first?.id ?? "none")\""
        return render(feed).tagged(tag, for: request)
    }
}
