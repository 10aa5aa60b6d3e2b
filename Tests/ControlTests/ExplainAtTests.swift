import Flags
import Foundation
import GRDB
import Harness
import HashTreeCollections
import JSON
import Releases
import Replication
import Synchronization
import Testing

@testable import Control

/// What a user was answered at an earlier revision, and why.
@Suite struct ExplainAtTests {
    private func withNode(
        keep: HistoryKeep = .everything, _ body: (NodeFixture, TemporaryDirectory) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path, historyKeep: keep)
        do {
            try await body(node, directory)
        } catch {
            try? await node.stop()
            throw error
        }
        try await node.stop()
    }

    private func explain(_ node: NodeFixture, _ key: String, _ user: String, _ more: String) async throws -> HTTPAnswer
    {
        try await node.production(
            "POST", "/flags/\(key)/explain", #"{"context": {"targetingKey": "\#(user)"}\#(more)}"#)
    }

    /// A thousand revisions of flags, components, groups and kills: for each of a thousand questions about one of them, the
    /// answer, its reason included, that the state had then.
    @Test func aThousandRevisionsAnswerAsTheyDid() async throws {
        try await withNode { node, directory in
            var random = SeededRandom(seed: 7)
            _ = try await node.production(
                "POST", "/apply",
                ComponentSample.document(
                    ComponentSample.component(),
                    flags: Sample.flag("a", targeting: #"{"if": [{"in_pilot": "staff"}, "on", null]}"#)
                        + ", " + Sample.flag("b"), pilots: #""staff": {"members": []}, "early": {"members": []}"#))
            var last: Int64 = 1
            var asked: [(number: Int64, key: String, user: String, answer: JSONValue)] = []
            while last < 1_000 {
                let user = "user-\(random.below(20))"
                let percent = random.below(101)
                let change: (String, String, String) =
                    switch random.below(9) {
                    case 0: ("POST", "/pilots/staff/members", #"{"add": ["\#(user)"]}"#)
                    case 1: ("POST", "/pilots/staff/members", #"{"remove": ["\#(user)"]}"#)
                    case 2: ("PATCH", "/flags/b", #"{"defaultVariant": "\#(random.below(2) == 0 ? "on" : "off")"}"#)
                    case 3: ("POST", "/flags/a/kill", #"{"variant": "\#(random.below(2) == 0 ? "on" : "off")"}"#)
                    case 4: ("POST", "/flags/a/unkill", "{}")
                    case 5: ("PATCH", "/flags/b", #"{"state": "\#(random.below(4) == 0 ? "DISABLED" : "ENABLED")"}"#)
                    case 6:
                        (
                            "PATCH", "/components/checkout",
                            #"{"split": {"1.1": \#(percent)}, "unchecked": true}"#
                        )
                    default: ("POST", "/flags/b/ramp", #"{"variant": "on", "percentage": \#(percent)}"#)
                    }
                let answer = try await node.production(change.0, change.1, change.2)
                guard answer.status == 200, answer.json["published"] == true, let number = answer.number else {
                    continue
                }
                last = number
                let key = ["flags/a", "flags/b", "components/checkout"][Int(random.below(3))]
                let now = try await node.production(
                    "POST", "/\(key)/explain", #"{"context": {"targetingKey": "\#(user)"}}"#)
                asked.append((number, key, user, now.json))
            }
            // In no order, so that neighbours help nobody.
            asked.shuffle(using: &random)
            let clock = ContinuousClock()
            var slowest = Duration.zero
            let start = clock.now
            for (number, key, user, expected) in asked {
                let began = clock.now
                let answer = try await node.production(
                    "POST", "/\(key)/explain", #"{"context": {"targetingKey": "\#(user)"}, "at": \#(number)}"#)
                slowest = max(slowest, clock.now - began)
                guard answer.status == 200 else {
                    Issue.record("revision \(number): \(answer.text)")
                    return
                }
                for member in ["variant", "value", "reason", "steps", "revision"] {
                    #expect(answer.json[member] == expected[member], "revision \(number): \(member) of \(key)")
                }
                #expect(answer.json["at"]?["revision"]?["number"]?.integerValue == number)
            }
            print("explain --at: \(asked.count) answers, \((clock.now - start) / asked.count) each, slowest \(slowest)")
            withExtendedLifetime(directory) {}
        }
    }

    @Test func aRevisionIsNamedByNumberEpochOrTime() async throws {
        try await withNode { node, _ in
            _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("a")))
            _ = try await node.production("PATCH", "/flags/a", #"{"defaultVariant": "on"}"#)
            func variant(_ at: String) async throws -> String? {
                try await explain(node, "a", "ann", #", "at": \#(at)"#).json["variant"]?.stringValue
            }
            #expect(try await variant("1") == "off")
            #expect(try await variant("\"1\"") == "off")
            #expect(try await variant("\"1/1\"") == "off")
            #expect(try await variant("2") == "on")
            let history = try await node.production("GET", "/history").json["history"]?.arrayValue ?? []
            let times = history.compactMap { $0["time"]?.stringValue }
            #expect(times.count == 3)
            #expect(try await variant("\"\(times[0])\"") == "on", "at that very millisecond it was published")
            let newest = try await explain(node, "a", "ann", #", "at": "\#(times[0])""#).json
            #expect(newest["variant"] == "on" && newest["at"]?["revision"]?["number"] == 2)
            #expect(newest["at"]?["published"]?.stringValue == times[0])
            // Worked out for when it was published, unless another time is given.
            let published = try #require(newest["time"]?.integerValue)
            #expect(abs(published - Int64(Date().timeIntervalSince1970)) < 60)
            #expect(try await explain(node, "a", "ann", #", "at": 1, "time": 5"#).json["time"] == 5)

            for (at, status, title) in [
                ("3", 404, "No such revision"), ("\"2/1\"", 404, "No such revision"),
                ("\"2001-01-01T00:00:00Z\"", 404, "Before the beginning"),
                ("\"yesterday\"", 422, "Neither revision nor time"), ("-1", 422, "Neither revision nor time"),
                ("true", 422, "Neither revision nor time"), ("\"2100-01-01T00:00:00+01:00\"", 422, "Yet to come"),
                ("0", 404, "No such flag then"),
            ] {
                let answer = try await explain(node, "a", "ann", #", "at": \#(at)"#)
                #expect(answer.status == status && answer.json["title"]?.stringValue == title, "\(at): \(answer.text)")
            }
            let before = Moment.now.wall
            let future = try await explain(node, "a", "ann", #", "at": "2100-01-01T00:00:00Z""#)
            let detail = try #require(future.json["detail"]?.stringValue)
            let told = try #require(detail.wholeMatch(of: /"at" is 2100-01-01T00:00:00(\.000)?Z, and it is (\S+) now/))
            let now = try #require(Timestamp.milliseconds(of: String(told.2)))
            #expect((Int64(before)...Int64(Moment.now.wall)).contains(now), "the present time is named: \(detail)")
        }
    }

    /// What was published before the clock was set back is past, though its time is yet to come.
    @Test func aClockThatWasSetBackHidesNothing() async throws {
        try await withNode { node, directory in
            _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("a", default: "on")))
            let ahead = try #require(Timestamp.milliseconds(of: "2100-01-01T00:00:00Z"))
            let disk = try DatabaseQueue(path: directory.path("control.sqlite"))
            try await disk.write {
                try $0.execute(sql: "UPDATE log SET time = ? WHERE number = 1", arguments: [ahead])
            }
            try disk.close()
            let then = try await explain(node, "a", "ann", #", "at": "2100-01-01T00:00:00Z""#)
            #expect(then.status == 200 && then.json["at"]?["revision"]?["number"] == 1, "\(then.text)")
            let later = try await explain(node, "a", "ann", #", "at": "2100-01-01T00:00:01Z""#)
            #expect(later.status == 422 && later.json["title"] == "Yet to come", "\(later.text)")
        }
    }

    @Test func whatIsGoneByNowIsAnsweredAsItWas() async throws {
        try await withNode { node, _ in
            _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("a", default: "on")))
            _ = try await node.production("DELETE", "/flags/a")
            #expect(try await explain(node, "a", "ann", "").status == 404)
            #expect(try await explain(node, "a", "ann", #", "at": 1"#).json["variant"] == "on")
            let then = try await explain(node, "a", "ann", #", "at": 2"#)
            #expect(then.status == 404 && then.json["detail"]?.stringValue?.contains("at revision 2") == true)
        }
    }

    @Test func whatIsNoLongerKeptIsSaidWithTheOldestThatIs() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        for number in 1...30 {
            _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("flag-\(number)")))
        }
        let before = try await node.production("GET", "/history/5").json["time"]?.stringValue ?? ""
        try await node.stop()
        let again = try await NodeFixture(directory.path, historyKeep: .revisions(10))
        try await eventually("old history goes") { _ in
            try await again.production("GET", "/history").json["oldest"] == 21
        }
        for at in ["20", "\"\(before)\""] {
            let answer = try await explain(again, "flag-1", "ann", #", "at": \#(at)"#)
            #expect(answer.status == 410 && answer.json["oldest"] == 21, "\(answer.text)")
            #expect(answer.json["detail"]?.stringValue?.contains("goes back to revision 21") == true)
        }
        #expect(try await explain(again, "flag-1", "ann", #", "at": 21"#).status == 200)
        try await again.stop()
    }

    @Test func aServiceAndItsVersionMayBeNamed() async throws {
        try await withNode { node, _ in
            _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("basket")))
            let plan = """
                {"name": "summer", "changes": [{"flag": "basket", "variant": "on"}],
                 "requires": ["everywhere: checkout >= 1.4"], "stages": [{"name": "all", "percentage": 100}]}
                """
            let fleet = ReportingFleet(node.ports)
            fleet.report("a", "1.4.0")
            let created = try await node.production("POST", "/releases", plan)
            #expect(created.status == 201, "\(created.text)")
            try await eventually("it starts") { sighting in
                let answer = try await node.production("POST", "/releases/summer/start")
                sighting.note(answer.text)
                return answer.status == 200
            }
            for (who, expected) in [
                (#", "service": "checkout", "serviceVersion": "1.4.0""#, "on"),
                (#", "service": "checkout", "serviceVersion": "1.3.9""#, "off"),
                (#", "service": "checkout""#, "off"), (#", "service": "search", "serviceVersion": "0.1""#, "on"),
                ("", "on"),
            ] {
                let answer = try await explain(node, "basket", "ann", who)
                #expect(answer.json["variant"]?.stringValue == expected, "\(who): \(answer.text)")
                let past = try await explain(node, "basket", "ann", who + #", "at": 2"#)
                #expect(past.json["variant"]?.stringValue == expected, "\(who): \(past.text)")
                #expect(try await explain(node, "basket", "ann", who + #", "at": 1"#).json["variant"] == "off")
            }
            await fleet.stop()
        }
    }

    // MARK: States of the past

    @Test func whatIsKeptOnTheWayIsTheSameAsWhatIsWorkedOutAnew() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        for number in 1...150 {
            try await fixture.apply(
                Sample.document(Sample.flag("flag-\(number % 7)", default: number % 2 == 0 ? "on" : "off")))
            if number == 100 {
                _ = try await fixture.committer.beginEpoch("production", heard: [], actor: "test", message: "")
            }
        }
        let reader = try StoreReader(path: fixture.store.path)
        let past = PastStates(reader)
        let head = try fixture.production
        for number in [10, 140, 9, 120, 33, 32, 31, 64, 150, 101, 100, 0, 151] as [UInt64] {
            let expected = try await reader.state(at: number, from: head)
            let found = try await past.state(at: number, from: head)
            #expect(found?.digest == expected?.digest && found?.entries == expected?.entries, "\(number)")
            let revision = try await reader.published(number, in: head.id)?.revision
            #expect(found?.revision == revision && expected?.revision == revision, "\(number)")
        }
        #expect(try await past.state(at: 1_000, from: head) == nil)
        reader.close()
        await fixture.stop()
    }

    /// What takes long to work out holds up neither metrics nor what else is read of the store.
    @Test func aLongWayBackHoldsUpNobody() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        try await fixture.apply(Sample.document(Sample.flag("basket")))
        // By the hundred, so that they share transactions.
        for _ in 0..<30 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await fixture.submit(
                            .setDefault(flag: "basket", variant: number.isMultiple(of: 2) ? "on" : "off"))
                    }
                }
                try await group.waitForAll()
            }
        }
        await fixture.stop()
        let secret = directory.path("secret")
        try "any text".write(toFile: secret, atomically: true, encoding: .utf8)
        let webhook = WebhookSetting(url: "http://127.0.0.1:1/", secretFile: secret)
        let node = try await NodeFixture(directory.path, webhook: webhook)
        let isAnswered = Mutex(false)
        async let past = {
            let answer = try await explain(node, "basket", "ann", #", "at": 1"#)
            isAnswered.withLock { $0 = true }
            return answer
        }()
        // While it is worked out; one may have been answered before that began.
        var answered = 0
        while !isAnswered.withLock({ $0 }) {
            #expect(try await node.ask("GET", "/metrics").text.contains("pilotlight_control_webhook_waiting 0"))
            #expect(try await node.production("GET", "/feed.json").status == 200)
            answered += 1
        }
        #expect(answered > 3)
        #expect(try await past.status == 200)
        try await node.stop()
    }
}
