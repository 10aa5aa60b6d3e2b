import Flags
import Foundation
import Harness
import JSON
import Releases
import Testing

@Suite struct FreezeTests {
    private static func window(
        _ from: String, _ until: String, _ zone: String = "Europe/Berlin", weekly: Bool = false,
        named name: String = "w"
    ) throws -> FreezeWindow {
        let (window, problems) = FreezeWindow.read(
            name,
            .object([
                "from": .string(from), "until": .string(until), "timeZone": .string(zone), "weekly": .bool(weekly),
            ]))
        #expect(problems.isEmpty, "\(problems)")
        return try #require(window)
    }

    private static func span(_ window: FreezeWindow, near text: String) throws -> [String] {
        let near = ReleaseTimes.moment(text)
        let found = window.occurrences(from: near - 43_200, until: near + 43_200)
        return try #require(found.first.map { [$0.from, $0.until].map { Timestamp.text(seconds: $0) } })
    }

    @Test func coversFromItsBeginningUpToItsEnd() throws {
        let christmas = try Self.window("2026-12-23 16:00", "2027-01-02 08:00")
        let calendar = FreezeCalendar([christmas])
        let (from, until) = (ReleaseTimes.moment("2026-12-23T15:00:00Z"), ReleaseTimes.moment("2027-01-02T07:00:00Z"))
        #expect(calendar.occurrence(at: from - 1) == nil)
        #expect(calendar.occurrence(at: from)?.window.name == "w")
        #expect(calendar.occurrence(at: until - 1) != nil)
        #expect(calendar.occurrence(at: until) == nil)
        #expect(calendar.end(after: from) == until)
    }

    /// Clocks in Berlin: set ahead from 02:00 to 03:00 and back from 03:00 to 02:00.
    @Test(arguments: [
        // Never shown: the moment at which clocks were set ahead.
        ("2026-03-29 02:30", "2026-03-29 04:00", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
        ("2026-03-29 01:00", "2026-03-29 02:30", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
        ("2027-03-28 02:00", "2027-03-28 03:30", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"),
        // Shown twice: from the first on, until the second.
        ("2026-10-25 02:30", "2026-10-25 04:00", "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"),
        ("2026-10-25 01:00", "2026-10-25 02:30", "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z"),
        ("2027-10-31 02:00", "2027-10-31 02:59", "2027-10-31T00:00:00Z", "2027-10-31T01:59:00Z"),
        // Around it.
        ("2027-10-31 01:59", "2027-10-31 03:00", "2027-10-30T23:59:00Z", "2027-10-31T02:00:00Z"),
        ("2026-03-29 01:59", "2026-03-29 03:00", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"),
    ]) func clocksThatAreSetAheadOrBack(_ from: String, _ until: String, _ first: String, _ last: String) throws {
        #expect(try Self.span(try Self.window(from, until), near: first) == [first, last])
    }

    @Test(arguments: [
        ("2026-03-27T00:00:00Z", ["2026-03-27T15:00:00Z", "2026-03-30T06:00:00Z"]),
        ("2026-10-23T00:00:00Z", ["2026-10-23T14:00:00Z", "2026-10-26T07:00:00Z"]),
        ("2027-03-26T00:00:00Z", ["2027-03-26T15:00:00Z", "2027-03-29T06:00:00Z"]),
        ("2027-10-29T00:00:00Z", ["2027-10-29T14:00:00Z", "2027-11-01T07:00:00Z"]),
        ("2026-07-03T00:00:00Z", ["2026-07-03T14:00:00Z", "2026-07-06T06:00:00Z"]),
    ]) func weekendsFollowLocalClocks(_ friday: String, _ span: [String]) throws {
        let weekend = try Self.window("fri 16:00", "mon 08:00", weekly: true)
        let day = ReleaseTimes.moment(friday)
        let found = weekend.occurrences(from: day, until: day + 86_400)
        #expect(found.map { Timestamp.text(seconds: $0.from) } == [span[0]])
        #expect(found.map { Timestamp.text(seconds: $0.until) } == [span[1]])
    }

    @Test func aWeeklyHourThatIsMissingOrDoubled() throws {
        let night = try Self.window("sun 02:15", "sun 02:45", weekly: true)
        #expect(
            try Self.span(night, near: "2026-10-25T01:00:00Z") == ["2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z"])
        // Clocks show none of it that night.
        let near = ReleaseTimes.moment("2026-03-29T01:00:00Z")
        #expect((near - 7_200..<near + 7_200).allSatisfy { night.occurrence(at: $0) == nil })
        #expect(try Self.span(night, near: "2026-04-05T00:00:00Z") == ["2026-04-05T00:15:00Z", "2026-04-05T00:45:00Z"])
    }

    @Test(arguments: [
        ("Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-03T15:30:00Z"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"),
        ("Asia/Kathmandu", "2026-06-01 00:00", "2026-05-31T18:15:00Z"),
        ("UTC", "2026-06-01 00:00", "2026-06-01T00:00:00Z"),
    ]) func otherZones(_ zone: String, _ local: String, _ moment: String) throws {
        let window = try Self.window(local, "2099-01-01 00:00", zone)
        #expect(window.occurrences(from: 0, until: 4_102_444_800).map(\.from) == [ReleaseTimes.moment(moment)])
    }

    /// Against the calendar of Foundation, away from the nights on which clocks are set.
    @Test(arguments: ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"])
    func weeklyWindowsAreAsTheLocalClockShows(_ name: String) throws {
        var random = SeededRandom(seed: 3)
        let zone = try #require(TimeZone(identifier: name))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        for _ in 0..<60 {
            let edges = [WeeklyEdge(&random), WeeklyEdge(&random)]
            guard edges[0].minutes != edges[1].minutes else { continue }
            let window = try Self.window(edges[0].text, edges[1].text, name, weekly: true)
            for _ in 0..<60 {
                let moment = Plans.noon + Int64(random.below(730 * 86_400))
                let date = Date(timeIntervalSince1970: Double(moment))
                let offsets = [-90_000, 90_000].map { zone.secondsFromGMT(for: date + $0) }
                guard offsets[0] == offsets[1] else { continue }
                let parts = calendar.dateComponents([.weekday, .hour, .minute], from: date)
                let day = ((parts.weekday ?? 0) + 5) % 7
                let now = day * 1_440 + (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
                let isIn =
                    edges[0].minutes < edges[1].minutes
                    ? (edges[0].minutes..<edges[1].minutes).contains(now)
                    : now >= edges[0].minutes || now < edges[1].minutes
                #expect((window.occurrence(at: moment) != nil) == isIn, "\(edges) \(date)")
            }
        }
    }

    private struct WeeklyEdge {
        var minutes: Int
        var text: String

        init(_ random: inout SeededRandom) {
            minutes = random.below(7 * 1_440)
            let time = [minutes / 60 % 24, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            text =
                "\(["mon", "Tuesday", "wed", "THU", "fri", "saturday", "sun"][minutes / 1_440]) \(time[0]):\(time[1])"
        }
    }

    @Test func windowsThatFollowOnEachOtherEndTogether() throws {
        var calendar = FreezeCalendar([
            try Self.window("2026-12-24 00:00", "2026-12-27 00:00", "UTC")
        ])
        let (next, problems) = FreezeWindow.read(
            "x", Plans.json(#"{"from":"2026-12-26T12:00:00Z","until":"2026-12-31T00:00:00+01:00","reason":"audit"}"#))
        #expect(problems.isEmpty)
        calendar.put(try #require(next))
        let christmas = ReleaseTimes.moment("2026-12-25T00:00:00Z")
        #expect(calendar.end(after: christmas) == ReleaseTimes.moment("2026-12-30T23:00:00Z"))
        #expect(calendar.occurrences(from: christmas, until: christmas + 2 * 86_400).map(\.window.name) == ["w", "x"])
        calendar.remove("x")
        #expect(calendar.end(after: christmas) == ReleaseTimes.moment("2026-12-27T00:00:00Z"))
        let always = FreezeCalendar([
            try Self.window("mon 00:00", "thu 00:00", weekly: true),
            try Self.window("thu 00:00", "mon 00:00", weekly: true, named: "x"),
        ])
        #expect(always.occurrence(at: christmas) != nil)
        #expect(always.end(after: christmas) == nil)
    }

    @Test func aRefusalNamesTheWindowThatEndsLast() throws {
        var facts = Plans.facts()
        let after = try Self.window("2026-11-21 12:30", "2026-11-23 08:00", "UTC")
        facts.calendar = FreezeCalendar([try #require(ReleaseTimes.window(around: Plans.noon)), after])
        let release = Plans.draft(Plans.checkout())
        #expect(
            release.waitingFor(facts, at: Plans.time(0)).first
                == "the freeze \"now\" (audit) is on until 2026-11-23T08:00:00Z, when \"w\" ends, which follows")
        facts.calendar = FreezeCalendar([
            try Self.window("mon 00:00", "thu 00:00", "UTC", weekly: true),
            try Self.window("thu 00:00", "mon 00:00", "UTC", weekly: true, named: "x"),
        ])
        #expect(
            release.waitingFor(facts, at: Plans.time(0)).first
                == "the freeze \"x\" is on until 2027-11-25T00:00:00Z at least")
    }

    @Test(arguments: [
        (#"{"from":"fri 16:00","until":"mon 08:00","weekly":true,"timeZone":"Europe/Berlin"}"#),
        (#"{"from":"2026-12-24","until":"2026-12-26 12:30:15","reason":"Christmas"}"#),
        (#"{"from":"2026-12-24T16:00","until":"2027-01-01T00:00:00Z","weekly":false}"#),
    ]) func storedFormsReadBack(_ text: String) throws {
        let window = try #require(FreezeWindow.read("w", Plans.json(text)).window)
        #expect(FreezeWindow(stored: window.json) == window)
    }

    @Test(arguments: [
        (#"{"until":"2026-12-24 00:00"}"#, "", "no \"from\"", "2026-12-24 16:00"),
        (#"{"from":"fri 16:00","until":"mon 08:00"}"#, "/from", "\"fri 16:00\"", "\"weekly\": true"),
        (#"{"from":"2026-12-24","until":"mon 08:00","weekly":true}"#, "/from", "2026-12-24", "leave \"weekly\" out"),
        (#"{"from":"fre 16:00","until":"mon 08:00","weekly":true}"#, "/from", "\"fre 16:00\"", "\"fri 16:00\""),
        (
            #"{"from":"fri 16:00","until":"Friday 16:00","weekly":true}"#, "/until", "would never end",
            "another \"until\""
        ),
        (#"{"from":"2026-12-24","until":"2026-12-23"}"#, "/until", "ends before it begins", "later"),
        (
            #"{"from":"2026-12-24","until":"2026-12-25","timeZone":"Europe/Berlim"}"#, "/timeZone", "\"Europe/Berlim\"",
            "did you mean \"Europe/Berlin\"?"
        ),
        (#"{"from":"2026-12-24","until":"2026-12-25","zone":"UTC"}"#, "/zone", "no member \"zone\"", "timeZone"),
        (#"{"from":"2026-12-24","until":"2026-12-25","weekly":"yes"}"#, "/weekly", "a string", "true or false"),
        (#"{"from":"2026-12-24","until":"2026-12-25","reason":""}"#, "/reason", "empty", "leave it out"),
        (#"["x"]"#, "", "an array", "\"from\""),
    ]) func badWindowsAreRefused(_ text: String, _ pointer: String, _ message: String, _ hint: String) {
        let (window, problems) = FreezeWindow.read("w", Plans.json(text))
        #expect(window == nil)
        let found = problems.first { $0.pointer.description == pointer && $0.message.contains(message) }
        #expect(found != nil, "\(problems)")
        #expect(found?.hint?.contains(hint) ?? hint.isEmpty, "\(problems)")
    }
}
