import JSON
import Releases

/// One announcement as a feed has it.
struct FeedEntry: Sendable, Hashable {
    /// The event's: stable, and one for each.
    var id: String
    var release: String
    /// `launched`, `held`, `rolled-back`
    var kind: String
    /// The release's.
    var title: String
    /// Milliseconds since 1970.
    var time: UInt64
    /// For this audience, Markdown; what happened in a sentence where nobody wrote anything.
    var text: String
    var links: [Announcement.Link]

    /// What a list of news has as a heading.
    var headline: String {
        switch kind {
        case "held": "Held: \(title)"
        case "rolled-back": "Taken back: \(title)"
        default: title
        }
    }

    /// The text, and the links below it, since not every reader shows links of their own.
    var content: String {
        let list = links.map { "- [\($0.title)](\($0.url))" }.joined(separator: "\n")
        return [text, list].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// RFC 3339, in UTC.
    var date: String { HistoryEntry.text(ofTime: time) }
}

extension FeedEntry {
    /// Nil for a body that isn't one of ours. Users aren't told who did it, nor what was written of it in passing.
    init?(_ announcement: StoredAnnouncement, for audience: AnnouncementAudience) {
        guard let body = JSONReader.read(announcement.body).value else { return nil }
        let written = body["announcement"].map { Announcement(sent: $0) } ?? Announcement()
        let why = audience == .users ? "" : body["message"]?.stringValue ?? ""
        let happened: String? =
            switch AnnouncedEvent(rawValue: announcement.kind) {
            case .held: "The release is held: it goes no further for now."
            case .rolledBack: "The release was taken back: what it changed is as it was before."
            case .launched, nil: nil
            }
        let title = body["title"]?.stringValue ?? announcement.release
        self.init(
            id: announcement.id, release: announcement.release, kind: announcement.kind, title: title,
            time: UInt64(clamping: announcement.time),
            // What was written is about what there is with the release, not without.
            text: happened.map { why.isEmpty ? $0 : "\($0) \(why)" } ?? written.text(for: audience) ?? title,
            links: happened == nil ? written.links : [])
    }
}

extension StoredAnnouncement {
    /// Whether these are told of it in a feed. Users were told of nothing that is taken back before its launch.
    func concerns(_ audience: AnnouncementAudience) -> Bool {
        guard audience == .users else { return true }
        switch AnnouncedEvent(rawValue: kind) {
        case .launched: return true
        case .rolledBack:
            return JSONReader.read(body).value?["from"]?.stringValue == ReleaseState.launched.rawValue
        case .held, nil: return false
        }
    }
}

extension Announcement {
    /// As it stands in what is sent.
    fileprivate init(sent json: JSONValue) {
        self.init(
            users: json["users"]?.stringValue, support: json["support"]?.stringValue, staff: json["staff"]?.stringValue,
            links: (json["links"]?.arrayValue ?? []).compactMap { link in
                guard let url = link["url"]?.stringValue else { return nil }
                return Link(title: link["title"]?.stringValue ?? url, url: url)
            })
    }
}
