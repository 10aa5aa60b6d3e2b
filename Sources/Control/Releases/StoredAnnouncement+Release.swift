import Flags
import JSON
import Releases
import Replication

extension StoredAnnouncement {
    /// What is told of a release that has just come to another state: its newest record says when, by whom and why.
    init(_ event: AnnouncedEvent, of release: Release, in state: EnvironmentState) {
        let record = release.history.last
        // Drawn once and stored with it: a restored backup goes on from an earlier record, and what it tells is news.
        let id = release.eventID + "-" + Hexadecimal.text(UInt64.random(in: 0...UInt64.max))
        let at = record?.at ?? 0
        let plan = release.plan
        let body = JSONValue.object([
            "id": .string(id), "type": .string("release.\(event.rawValue)"), "environment": .string(state.name),
            "release": .string(plan.name), "title": .string(plan.title ?? plan.name),
            "at": .string(Timestamp.text(milliseconds: at)), "actor": .string(record?.actor ?? ""),
            "message": .string(record?.why ?? ""), "from": .string((record?.from ?? .draft).rawValue),
            "notes": plan.notes.map { .string($0) } ?? .null,
            "announcement": plan.announcement.json, "changes": .array(plan.changes.map(\.json)),
        ])
        self.init(
            environment: state.id, id: id, release: plan.name, kind: event.rawValue, time: at,
            body: body.canonicalBytes())
    }
}
