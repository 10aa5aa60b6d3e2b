import Foundation
import JSON
import Releases

/// What was released, as a feed for one audience: Atom (RFC 4287) and JSON Feed 1.1. Entries are newest first.
struct ChangelogFeed: Sendable {
    var environment: String
    var audience: AnnouncementAudience
    /// Where the reader reaches this node, as in `http://control:7460`.
    var base: String
    /// When there are no entries: when the environment was made, or as near as is known. Milliseconds since 1970.
    var began: UInt64 = 0
    var entries: [FeedEntry]

    var title: String { "Releases in \(environment)" + (audience == .users ? "" : " (\(audience.rawValue))") }

    /// Changes with the newest entry and never back.
    private var updated: String { HistoryEntry.text(ofTime: entries.first?.time ?? began) }

    private func url(_ form: String) -> String {
        "\(base)/v1/environments/\(Self.escaped(environment))/\(form)?audience=\(audience.rawValue)"
    }

    /// A tag: URI (RFC 4151): the same from wherever the node is reached.
    private func tag(_ specific: String) -> String { "tag:pilotlight,2026:\(Self.escaped(environment))/\(specific)" }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }

    private static let allowed = CharacterSet(
        charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")

    // MARK: Atom

    var atom: String {
        var text = """
            <?xml version="1.0" encoding="utf-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom">
              <id>\(tag(audience.rawValue))</id>
              <title type="text">\(Self.xml(title))</title>
              <updated>\(updated)</updated>
              <author><name>Pilotlight</name></author>
              <generator>Pilotlight</generator>
              <link rel="self" type="application/atom+xml" href="\(Self.xml(url("feed.atom")))"/>
              <link rel="alternate" type="application/feed+json" href="\(Self.xml(url("feed.json")))"/>

            """
        for entry in entries {
            text += """
                  <entry>
                    <id>\(tag("\(audience.rawValue)/\(Self.escaped(entry.id))"))</id>
                    <title type="text">\(Self.xml(entry.headline))</title>
                    <published>\(entry.date)</published>
                    <updated>\(entry.date)</updated>
                    <category term="\(Self.xml(entry.kind))"/>
                    <content type="text">\(Self.xml(entry.content))</content>

                """
            for link in entry.links {
                text += "    <link rel=\"related\" title=\"\(Self.xml(link.title))\" href=\"\(Self.xml(link.url))\"/>\n"
            }
            text += "  </entry>\n"
        }
        return text + "</feed>\n"
    }

    /// Text for content and for attributes in double quotes. What XML 1.0 has no way to write becomes U+FFFD.
    static func xml(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            // Readers would make a line feed of it.
            case "\r": escaped += "&#13;"
            case "\t", "\n": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    // MARK: JSON Feed

    var json: JSONValue {
        .object([
            "version": "https://jsonfeed.org/version/1.1", "title": .string(title),
            "feed_url": .string(url("feed.json")),
            "authors": [["name": "Pilotlight"]],
            "items": .array(
                entries.map { entry in
                    .object([
                        "id": .string(tag("\(audience.rawValue)/\(Self.escaped(entry.id))")),
                        "title": .string(entry.headline),
                        "content_text": .string(entry.content), "date_published": .string(entry.date),
                        "tags": [.string(entry.kind)],
                        "_pilotlight": [
                            "event": .string(entry.id), "release": .string(entry.release), "kind": .string(entry.kind),
                            "links": .array(
                                entry.links.map { ["title": .string($0.title), "url": .string($0.url)] }),
                        ],
                    ])
                }),
        ])
    }
}
