import Flags
import JSON

/// Reads what a plan has to be said.
extension ReleasePlanReader {
    mutating func readAnnouncement(_ json: JSONValue?, at pointer: JSONPointer) -> Announcement {
        guard let json else { return Announcement() }
        guard case .object(let object) = json else {
            refuse(
                pointer, "the announcement is \(json.kindText)",
                "write {\"users\": \"…\", \"support\": \"…\", \"staff\": \"…\", \"links\": []}")
            return Announcement()
        }
        refuseMembers(of: object, besides: Announcement.memberNames, "an announcement", at: pointer)
        func read(_ audience: AnnouncementAudience, _ reader: inout ReleasePlanReader) -> String? {
            reader.text(object, audience.rawValue, most: Announcement.longestTextBytes, at: pointer)
        }
        return Announcement(
            users: read(.users, &self), support: read(.support, &self), staff: read(.staff, &self),
            links: readLinks(object.value("links"), at: pointer.appending("links")))
    }

    private mutating func readLinks(_ json: JSONValue?, at pointer: JSONPointer) -> [Announcement.Link] {
        guard let json else { return [] }
        let shape = "it is a list of {\"title\": \"Training\", \"url\": \"https://…\"}"
        guard case .array(let elements) = json else {
            refuse(pointer, "\"links\" is \(json.kindText)", shape)
            return []
        }
        guard elements.count <= Announcement.mostLinks else {
            refuse(
                pointer, "the announcement has \(elements.count) links",
                "at most \(Announcement.mostLinks) are taken")
            return []
        }
        var links: [Announcement.Link] = []
        for (index, element) in elements.enumerated() {
            let place = pointer.appending(index)
            guard case .object(let object) = element else {
                refuse(place, "the link is \(element.kindText)", shape)
                continue
            }
            refuseMembers(of: object, besides: ["title", "url"], "a link", at: place)
            let title = text(object, "title", most: ReleasePlan.longestTitleBytes, isOneLine: true, at: place)
            guard let url = text(object, "url", most: Announcement.longestURLBytes, isOneLine: true, at: place) else {
                if object.value("url") == nil { refuse(place, "the link has no url", shape) }
                continue
            }
            let isAddress = ["https://", "http://"].contains { url.hasPrefix($0) && url.utf8.count > $0.utf8.count }
            if !isAddress || url.utf8.contains(where: { $0 <= 0x20 }) {
                refuse(place.appending("url"), "\"\(url)\" can't be a link", "as in \"https://example.com/training\"")
            }
            links.append(Announcement.Link(title: title ?? url, url: url))
        }
        return links
    }
}
