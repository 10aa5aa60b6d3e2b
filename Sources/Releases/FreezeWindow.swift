import Flags
import JSON

/// A time in which no release goes forward.
package struct FreezeWindow: Sendable, Hashable {
    package enum Span: Sendable, Hashable {
        case once(from: Edge, until: Edge)
        /// Every week, by local clocks.
        case weekly(from: WeeklyTime, until: WeeklyTime)
    }

    /// Where a span begins or ends.
    package enum Edge: Sendable, Hashable {
        /// By the clocks of the window's time zone.
        case local(CivilTime)
        /// Seconds since 1970.
        case moment(Int64)

        /// `2026-12-24 16:00`, or RFC 3339. Nil for anything else.
        package init?(_ text: String) {
            if let moment = Timestamp.seconds(of: text) {
                self = .moment(moment)
            } else if let time = CivilTime(text) {
                self = .local(time)
            } else {
                return nil
            }
        }

        package var text: String {
            switch self {
            case .local(let time): "\(time.dateText) \(time.timeText)"
            case .moment(let seconds): Timestamp.text(seconds: seconds)
            }
        }
    }

    /// One time that a window covers; its end isn't part of it.
    package struct Occurrence: Sendable, Hashable {
        package var window: FreezeWindow
        /// Seconds since 1970.
        package var from: Int64
        package var until: Int64
    }

    package var name: String
    package var reason: String?
    package var span: Span
    package let clock: LocalClock

    package init(name: String, reason: String? = nil, span: Span, clock: LocalClock) {
        self.name = name
        self.reason = reason
        self.span = span
        self.clock = clock
    }

    package var timeZone: String { clock.timeZone }

    package var isWeekly: Bool {
        if case .weekly = span { true } else { false }
    }

    package static let memberNames = ["reason", "from", "until", "timeZone", "weekly"]
    package static let longestReasonBytes = 1_024

    /// Stored and shown.
    package var json: JSONValue {
        let texts =
            switch span {
            case .once(let from, let until): (from.text, until.text)
            case .weekly(let from, let until): (from.text, until.text)
            }
        return .object([
            "name": .string(name), "reason": reason.map { .string($0) } ?? .null, "from": .string(texts.0),
            "until": .string(texts.1), "timeZone": .string(timeZone), "weekly": .bool(isWeekly),
        ])
    }

    /// Why `name` can't name a freeze window; nil if it can.
    package static func fault(inName name: String) -> String? { PlainName.fault(in: name, of: "freeze window") }

    /// - Parameter json: `{"from", "until", "timeZone"?, "weekly"?, "reason"?}`
    /// - Returns: nil for the window where there are problems.
    package static func read(
        _ name: String, _ json: JSONValue, at pointer: JSONPointer = JSONPointer()
    ) -> (window: FreezeWindow?, problems: [Problem]) {
        var reader = FreezeWindowReader()
        let window = reader.read(name, json, at: pointer)
        return (window, reader.problems)
    }

    /// Nil for another shape.
    package init?(stored json: JSONValue) {
        guard case .object(var object) = json, let name = object["name"]?.stringValue else { return nil }
        object["name"] = nil
        guard let window = Self.read(name, .object(object)).window else { return nil }
        self = window
    }

    /// What overlaps the time between two moments, in order. The end isn't part of it.
    package func occurrences(from: Int64, until: Int64) -> [Occurrence] {
        guard from < until else { return [] }
        switch span {
        case .once(let first, let last):
            return [occurrence(seconds(first, .earlier), seconds(last, .later))]
                .filter { $0.from < until && $0.until > from }
        case .weekly(let first, let last):
            // From the Monday of the week before, since a span may have begun there.
            let monday = { (moment: Int64) in
                let day = clock.time(at: moment).dayNumber
                // Day 0 is a Thursday.
                return CivilTime.floored(day + 3, by: 7) * 7 - 3
            }
            let length: Int64 = last.ofWeek <= first.ofWeek ? 7 : 0
            return stride(from: monday(from) - 7, through: monday(until) + 7, by: 7).map { week in
                occurrence(
                    clock.seconds(of: first.time(inWeekOf: week), .earlier),
                    clock.seconds(of: last.time(inWeekOf: week + length), .later))
            }.filter { $0.from < until && $0.until > from }
        }
    }

    /// The one that covers a moment.
    package func occurrence(at seconds: Int64) -> Occurrence? {
        occurrences(from: seconds, until: seconds + 1).first
    }

    private func occurrence(_ from: Int64, _ until: Int64) -> Occurrence {
        Occurrence(window: self, from: from, until: until)
    }

    private func seconds(_ edge: Edge, _ twice: LocalClock.Twice) -> Int64 {
        switch edge {
        case .local(let time): clock.seconds(of: time, twice)
        case .moment(let seconds): seconds
        }
    }
}
