import Flags
import JSON
import Releases

/// What is to come: openings, stages as early as they can be, and freezes. Pure.
struct ReleaseCalendar: Sendable {
    struct Entry: Sendable, Hashable {
        enum Kind: String, Sendable { case opening, stage, freeze }

        var kind: Kind
        /// Of the release, or of the freeze window.
        var name: String
        /// Seconds since 1970.
        var from: Int64
        /// Nil where it has no end that is known.
        var until: Int64?
        var detail: String

        var json: JSONValue {
            .object([
                "kind": .string(kind.rawValue), (kind == .freeze ? "name" : "release"): .string(name),
                "from": .string(Timestamp.text(seconds: from)),
                "until": until.map { .string(Timestamp.text(seconds: $0)) } ?? .null, "detail": .string(detail),
            ])
        }
    }

    private(set) var entries: [Entry] = []

    /// What overlaps the time between two moments, in seconds since 1970, in order.
    init(_ releases: some Sequence<Release>, _ freezes: FreezeCalendar, from: Int64, until: Int64, now: ReleaseTime) {
        for release in releases { add(release, now) }
        for freeze in freezes.occurrences(from: from, until: until) {
            let window = freeze.window
            entries.append(
                Entry(
                    kind: .freeze, name: window.name, from: freeze.from, until: freeze.until,
                    detail: window.reason ?? "no release goes forward"))
        }
        entries = entries.filter { entry in
            // An opening is a moment; what else has no end goes on.
            entry.from < until && (entry.kind == .opening ? entry.from >= from : entry.until ?? .max > from)
        }
        entries.sort { ($0.from, $0.kind.rawValue, $0.name) < ($1.from, $1.kind.rawValue, $1.name) }
    }

    private mutating func add(_ release: Release, _ now: ReleaseTime) {
        switch release.state {
        case .draft, .scheduled, .armed:
            guard let opens = release.opens ?? release.plan.opens else { return }
            let isOver = opens * 1_000 <= now.wall
            // Started without another time, it is refused.
            guard release.state != .draft || !isOver else { return }
            let isMissed = release.state == .scheduled && isOver
            entries.append(
                Entry(
                    kind: .opening, name: release.plan.name, from: opens, until: nil,
                    detail: isMissed ? "missed" : release.state.rawValue))
            guard !isMissed else { return }
            addStages(of: release, from: 0, began: opens, now: opens)
        case .running, .held:
            // What the steady clock says, on the calendar.
            let began = (now.wall - (now.steady - release.stageSince)) / 1_000
            addStages(of: release, from: release.stage, began: began, now: now.wallSeconds)
        case .launched, .rolledBack, .cancelled: break
        }
    }

    /// The stage that it is at, or begins with, and those that follow by themselves, each as early as it can be.
    private mutating func addStages(of release: Release, from first: Int, began: Int64, now: Int64) {
        let stages = release.plan.stages
        var began = began
        for index in first..<max(first, stages.count) {
            let stage = stages[index]
            let isOver = stage.advancesByItself && release.state != .held
            let earliest = began + stage.minimumSeconds
            let place = "stage \(index + 1) of \(stages.count), \(stage.name)"
            let end = isOver ? max(earliest, now) : nil
            let then = index + 1 < stages.count ? "goes on" : "launches"
            let more =
                release.state == .held
                ? "held" : isOver ? "\(then) by itself at the earliest then" : "\(then) by hand"
            entries.append(
                Entry(kind: .stage, name: release.plan.name, from: began, until: end, detail: "\(place): \(more)"))
            guard let end else { return }
            began = end
        }
    }
}
