import Foundation
import FoundationXML
import Harness
import JSON
import Releases
import Testing

@testable import Control

/// The changelog as feeds: what XML makes of it, who is told what, and that ids stay.
@Suite struct FeedTests {
    private func announcement(_ number: Int, _ kind: String = "launched", _ more: JSONObject = [:])
        -> StoredAnnouncement
    {
        var body: JSONObject = [
            "id": .string("abc-\(number)"), "title": "Summer & \"more\" <b>", "message": "because", "actor": "mia",
            "announcement": [
                "users": "Line 1\n\n- a < b & c", "staff": "For *us*",
                "links": [["title": "A \"guide\"", "url": "https://x.example/?a=1&b=2"]],
            ],
        ]
        for member in more { body[member.key] = member.value }
        return StoredAnnouncement(
            environment: 1, id: "abc-\(number)", release: "summer", kind: kind,
            time: 1_800_000_000_000 + Int64(number), body: JSONValue.object(body).canonicalBytes())
    }

    private func feed(_ items: [StoredAnnouncement], _ audience: AnnouncementAudience = .users) -> ChangelogFeed {
        ChangelogFeed(
            environment: "production", audience: audience, base: "http://control:7460", began: 1_700_000_000_000,
            entries: items.compactMap { FeedEntry($0, for: audience) })
    }

    /// What an independent reader of XML makes of it.
    private func parsed(_ text: String) throws -> Element {
        let builder = Builder()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = builder
        guard parser.parse() else { throw HarnessError("not XML: \(String(describing: parser.parserError))") }
        return try #require(builder.root)
    }

    @Test func atomHasWhatTheStandardAsks() throws {
        let feed = try parsed(feed([announcement(2, "rolled-back"), announcement(1)]).atom)
        #expect(feed.name == "feed" && feed.attributes["xmlns"] == "http://www.w3.org/2005/Atom")
        #expect(feed["id"]?.text == "tag:pilotlight,2026:production/users")
        #expect(feed["title"]?.text == "Releases in production")
        #expect(feed["updated"]?.text == "2027-01-15T08:00:00.002Z")
        #expect(feed["author"]?["name"]?.text == "Pilotlight")
        let links = feed.children.filter { $0.name == "link" }.map {
            "\($0.attributes["rel"] ?? "") \($0.attributes["href"] ?? "")"
        }
        #expect(
            links == [
                "self http://control:7460/v1/environments/production/feed.atom?audience=users",
                "alternate http://control:7460/v1/environments/production/feed.json?audience=users",
            ])
        let entries = feed.children.filter { $0.name == "entry" }
        #expect(entries.count == 2)
        #expect(
            entries.map { $0["id"]?.text } == ["abc-2", "abc-1"].map { "tag:pilotlight,2026:production/users/\($0)" })
        #expect(entries[1]["title"]?.text == "Summer & \"more\" <b>")
        #expect(entries[1]["updated"]?.text == "2027-01-15T08:00:00.001Z")
        #expect(entries[1]["content"]?.attributes["type"] == "text")
        #expect(
            entries[1]["content"]?.text
                == "Line 1\n\n- a < b & c\n\n- [A \"guide\"](https://x.example/?a=1&b=2)")
        #expect(entries[1]["link"]?.attributes["href"] == "https://x.example/?a=1&b=2")
        #expect(entries[1]["link"]?.attributes["title"] == "A \"guide\"")
        #expect(entries[0]["title"]?.text == "Taken back: Summer & \"more\" <b>")
        // Users aren't told what was written in passing, and what isn't there any more isn't praised.
        #expect(entries[0]["content"]?.text == "The release was taken back: what it changed is as it was before.")
        #expect(entries[0]["link"] == nil)
    }

    @Test func audiencesReadTheirOwn() {
        func text(_ kind: String, _ audience: AnnouncementAudience) -> String? {
            feed([announcement(1, kind)], audience).entries.first?.text
        }
        #expect(text("launched", .staff) == "For *us*")
        #expect(text("launched", .support) == "Line 1\n\n- a < b & c", "what users may read, support may")
        #expect(text("held", .staff) == "The release is held: it goes no further for now. because")
        #expect(text("rolled-back", .support)?.hasSuffix(" because") == true)
        let bare = feed([announcement(1, "launched", ["announcement": [:]])]).entries.first
        #expect(bare?.text == "Summer & \"more\" <b>" && bare?.links == [])
    }

    @Test func textThatXMLCantHoldIsReplaced() throws {
        #expect(ChangelogFeed.xml("a\u{0}\u{1B}b\u{FFFF}\r\n\t<&>\"'") == "a��b�&#13;\n\t&lt;&amp;&gt;&quot;'")
        let odd = announcement(
            1, "launched", ["title": "\u{1}😀\u{FFFE}]]>", "announcement": ["users": "\r\n]]> <![CDATA["]])
        let feed = try parsed(feed([odd]).atom)
        #expect(feed["entry"]?["title"]?.text == "�😀�]]>")
        #expect(feed["entry"]?["content"]?.text == "\r\n]]> <![CDATA[")
    }

    @Test func anEmptyFeedIsOneToo() throws {
        let empty = try parsed(feed([]).atom)
        #expect(empty["updated"]?.text == "2023-11-14T22:13:20.000Z" && empty["entry"] == nil)
        #expect(feed([]).json["items"] == [])
    }

    @Test func jsonFeedHasWhatTheStandardAsks() throws {
        let json = feed([announcement(1)], .staff).json
        #expect(json["version"] == "https://jsonfeed.org/version/1.1")
        #expect(json["title"] == "Releases in production (staff)")
        #expect(json["feed_url"] == "http://control:7460/v1/environments/production/feed.json?audience=staff")
        #expect(json["authors"] == [["name": "Pilotlight"]])
        let item = try #require(json["items"]?.arrayValue?.first)
        #expect(item["id"] == "tag:pilotlight,2026:production/staff/abc-1")
        #expect(item["title"] == "Summer & \"more\" <b>" && item["date_published"] == "2027-01-15T08:00:00.001Z")
        #expect(item["content_text"]?.stringValue?.hasPrefix("For *us*\n\n- [A") == true)
        #expect(item["_pilotlight"]?["release"] == "summer" && item["_pilotlight"]?["event"] == "abc-1")
        #expect(item["_pilotlight"]?["links"] == [["title": "A \"guide\"", "url": "https://x.example/?a=1&b=2"]])
    }

    // MARK: Over the operator API

    /// Users were never told of what is taken back before its launch.
    @Test func usersReadOfRollBacksAfterALaunchAlone() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("basket")))
        for (name, orders) in [("early", ["start", "rollback"]), ("late", ["start", "launch", "rollback"])] {
            let plan = WebhookNodeTests.plan.replacing(#""summer", "title": "Summer""#, with: "\"\(name)\"")
            #expect(try await node.production("POST", "/releases", plan).status == 201)
            for order in orders {
                #expect(try await node.production("POST", "/releases/\(name)/\(order)", "{}").status == 200)
            }
        }
        func titles(_ audience: String) async throws -> [String?]? {
            try await node.production("GET", "/feed.json?audience=\(audience)").json["items"]?.arrayValue?
                .map { $0["title"]?.stringValue }
        }
        #expect(try await titles("users") == ["Taken back: late", "late"])
        #expect(try await titles("support") == ["Taken back: late", "late", "Taken back: early"])
        try await node.stop()
    }

    @Test func aNodeServesThem() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("basket")))
        #expect(try await node.production("POST", "/releases", WebhookNodeTests.plan).status == 201)
        for (order, body) in [
            ("start", "{}"), ("hold", #"{"message": "Odd"}"#), ("resume", "{}"), ("launch", #"{"early": true}"#),
        ] {
            let answer = try await node.production("POST", "/releases/summer/\(order)", body)
            #expect(answer.status == 200, "\(order): \(answer.text)")
        }
        let atom = try await node.production("GET", "/feed.atom")
        #expect(atom.status == 200 && atom.header("Content-Type") == "application/atom+xml; charset=utf-8")
        let users = try parsed(atom.text)
        #expect(users.children.filter { $0.name == "entry" }.map { $0["title"]?.text } == ["Summer"])
        let named = try await node.ask(
            "GET", "/v1/environments/production/feed.atom",
            headers: ["Host": "releases.example", "X-Forwarded-Proto": "https"])
        #expect(
            try parsed(named.text)["link"]?.attributes["href"]
                == "https://releases.example/v1/environments/production/feed.atom?audience=users")
        let staff = try parsed(try await node.production("GET", "/feed.atom?audience=staff").text)
        let entries = staff.children.filter { $0.name == "entry" }
        #expect(entries.map { $0["title"]?.text } == ["Summer", "Held: Summer"])
        #expect(entries.last?["content"]?.text.hasSuffix(" Odd") == true)
        let json = try await node.production("GET", "/feed.json?audience=support")
        #expect(json.header("Content-Type") == "application/feed+json")
        #expect(json.json["items"]?.arrayValue?.map { $0["title"]?.stringValue } == ["Summer", "Held: Summer"])
        // Nothing new is sent twice, and something new is.
        let path = "/v1/environments/production/feed.atom"
        let tag = try #require(atom.header("ETag"))
        #expect(try await node.ask("GET", path, headers: ["If-None-Match": tag]).status == 304)
        _ = try await node.production("POST", "/releases/summer/rollback", "{}")
        let after = try await node.ask("GET", path, headers: ["If-None-Match": tag])
        #expect(after.status == 200 && after.text.contains("Taken back: Summer"))
        #expect(try await node.production("GET", "/feed.json?audience=press").status == 400)
        #expect(try await node.ask("GET", "/v1/environments/nowhere/feed.json").status == 404)
        // Ids stay over a restart.
        let ids = Set(try parsed(after.text).children.compactMap { $0["id"]?.text })
        try await node.stop()
        let again = try await NodeFixture(directory.path)
        let later = try parsed(try await again.production("GET", "/feed.atom").text)
        #expect(Set(later.children.compactMap { $0["id"]?.text }) == ids && ids.count == 2)
        try await again.stop()
    }
}

/// An element of XML, for tests.
private final class Element {
    let name: String
    let attributes: [String: String]
    var children: [Element] = []
    var text = ""

    init(_ name: String, _ attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    subscript(name: String) -> Element? { children.first { $0.name == name } }
}

private final class Builder: NSObject, XMLParserDelegate {
    var root: Element?
    private var open: [Element] = []

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let element = Element(name, attributes)
        open.last?.children.append(element)
        if open.isEmpty { root = element }
        open.append(element)
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.text += text }
}
