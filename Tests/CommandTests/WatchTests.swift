import AsyncHTTPClient
import JSON
import Testing

@testable import pilotlight

@Suite struct WatchTests {
    private static let stream = """
        : production after revision 4

        id: 5
        event: change
        data: {"a":1}

        id: 6\r
        event: epoch\r
        data: one\r
        data:two\r
        \r
        : nothing new

        data: no id of its own

        id: 7
        data: cut sho
        """

    private static let events = [
        StreamEvent(id: "5", name: "change", data: "{\"a\":1}"), StreamEvent(id: "6", name: "epoch", data: "one\ntwo"),
        StreamEvent(id: "6", name: "message", data: "no id of its own"),
    ]

    @Test(arguments: [1, 2, 3, 7, 64, 4_096]) func eventsComeInPiecesOfAnySize(_ size: Int) {
        var parser = EventStreamParser()
        let bytes = Array(Self.stream.utf8)
        var events: [StreamEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += parser.feed(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(events == Self.events)
        #expect(parser.lastID == "6", "not that of an event that was cut short")
    }

    @Test func eachNumberIsTakenOnceAndInOrder() {
        var position = WatchPosition(after: 4)
        #expect(position.take(5, beginsEpoch: false) == .new)
        #expect(position.take(5, beginsEpoch: false) == .repeated)
        #expect(position.take(3, beginsEpoch: false) == .repeated)
        #expect(position.take(9, beginsEpoch: false) == .missing(6...8))
        #expect(position.last == 5)
        // An epoch begins above every number that was heard of.
        #expect(position.take(20, beginsEpoch: true) == .new)
        #expect(position.take(21, beginsEpoch: false) == .new)
    }

    @Test func aWatchFromNowBeginsWhereTheControlNodeSays() {
        var position = WatchPosition()
        position.began(after: 41)
        #expect(position.last == 41)
        // What was seen counts, not where a later connection happens to begin.
        position.began(after: 50)
        #expect(position.last == 41)
        #expect(position.take(42, beginsEpoch: false) == .new)
    }

    @Test func anIDIsANumberAndAHistory() {
        #expect(WatchPosition.number(in: "42-9f86d081884c7d65") == 42)
        #expect(WatchPosition.number(in: "42") == 42)
        #expect(WatchPosition.number(in: "-9f86d081884c7d65") == nil && WatchPosition.number(in: "") == nil)
        var position = WatchPosition(after: 41)
        #expect(position.lastID == nil)
        position.came(to: "42-9f86d081884c7d65")
        // A connection that brought nothing takes nothing away.
        position.came(to: nil)
        #expect(position.lastID == "42-9f86d081884c7d65")
    }

    @Test func anotherHistoryIsFinalAndWhatIsYetToComeIsNot() async throws {
        let client = OperatorClient(base: "http://c", actor: "ann", http: .shared)
        let watch = ChangeWatch(client, environment: "production", after: 42)
        let ahead = ProblemDetails(["title": "Revision is yet to come", "detail": "at 40"], status: 409)
        #expect(try watch.passing(ahead) == "at 40")
        let other = ProblemDetails(["title": "Other history", "reason": "other-history"], status: 409)
        let refusal = #expect(throws: CommandRefusal.self) { try watch.passing(other) }
        #expect(refusal?.reason.contains("revision 42") == true)
        #expect(refusal?.hint?.contains("--after") == true)
        #expect(throws: ProblemDetails.self) { try watch.passing(ProblemDetails(["title": "gone"], status: 410)) }
    }

    @Test func pausesGrowAndAreSpread() {
        var backOff = BackOff()
        let pauses = (0..<12).map { _ in backOff.next() }
        #expect(pauses[0] <= .milliseconds(200) && pauses[0] >= .milliseconds(100))
        #expect(pauses.allSatisfy { $0 <= .seconds(5) })
        #expect(pauses[11] >= .milliseconds(2_500))
        backOff.reset()
        #expect(backOff.next() <= .milliseconds(200))
    }
}
