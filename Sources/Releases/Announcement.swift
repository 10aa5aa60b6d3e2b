import JSON

/// What is said of a release, to whom, with what to read on.
package struct Announcement: Sendable, Hashable {
    /// To training, to support pages.
    package struct Link: Sendable, Hashable {
        package var title: String
        package var url: String

        package init(title: String, url: String) {
            self.title = title
            self.url = url
        }

        package var json: JSONValue { .object(["title": .string(title), "url": .string(url)]) }
    }

    /// Markdown.
    package var users: String?
    package var support: String?
    package var staff: String?
    package var links: [Link]

    package init(users: String? = nil, support: String? = nil, staff: String? = nil, links: [Link] = []) {
        self.users = users
        self.support = support
        self.staff = staff
        self.links = links
    }

    package static let memberNames = ["users", "support", "staff", "links"]
    package static let longestTextBytes = 65_536
    package static let mostLinks = 20
    package static let longestURLBytes = 2_048

    package var isEmpty: Bool { self == Announcement() }

    /// Its own text; without one that of the wider audience: what is said to users may be read by all.
    package func text(for audience: AnnouncementAudience) -> String? {
        switch audience {
        case .users: users
        case .support: support ?? users
        case .staff: staff ?? support ?? users
        }
    }

    package var json: JSONValue {
        var object = JSONObject()
        if let users { object["users"] = .string(users) }
        if let support { object["support"] = .string(support) }
        if let staff { object["staff"] = .string(staff) }
        if !links.isEmpty { object["links"] = .array(links.map(\.json)) }
        return .object(object)
    }
}
