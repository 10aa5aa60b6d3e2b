import Replication
import Testing

@testable import Agent

@Suite struct ClockComparisonTests {
    private static let base: UInt64 = 1_800_000_000_000

    private final class Beats {
        private var comparison = ClockComparison()
        private var now: UInt64 = 50_000

        /// A heartbeat each half second by the true clock; control's is right.
        func beat(ahead: Int64, delay: Int64, node: UInt64, pause: UInt64) -> Int64 {
            now += pause
            let sent = ClockComparisonTests.base + now
            return comparison.receive(
                Heartbeat(
                    revision: Revision(epoch: Epoch(counter: 1, id: 1), number: 1), digest: .empty, clock: sent,
                    node: node),
                wall: UInt64(Int64(sent) + delay + ahead), now: now + UInt64(delay))
        }
    }

    private let beats = Beats()

    private func beat(ahead: Int64, delay: Int64, node: UInt64 = 1, pause: UInt64 = 500) -> Int64 {
        beats.beat(ahead: ahead, delay: delay, node: node, pause: pause)
    }

    @Test(arguments: [Int64(-2_000), -1, 0, 400, 7_200_000])
    func theQuickestOfTheLastFewCounts(ahead: Int64) {
        #expect(beat(ahead: ahead, delay: 30) == ahead + 30)
        #expect(beat(ahead: ahead, delay: 4) == ahead + 4)
        for delay in [Int64(900), 20, 300] { #expect(beat(ahead: ahead, delay: delay) == ahead + 4) }
        // The one that took 4 ms is none of the last four any more.
        #expect(beat(ahead: ahead, delay: 50) == ahead + 20)
    }

    @Test func aClockThatIsSetShowsWithinFourHeartbeats() {
        for _ in 0..<10 { _ = beat(ahead: 0, delay: 3) }
        #expect(beat(ahead: -1_500, delay: 3) == -1_497, "set back: at once")
        for round in 1...4 {
            let skew = beat(ahead: 2_500, delay: 3)
            #expect((skew == 2_503) == (round == 4), "set ahead: \(round) heartbeats later it is \(skew)")
        }
    }

    @Test func anotherControlNodeAndALongSilenceBeginAnew() {
        _ = beat(ahead: 0, delay: 1)
        #expect(beat(ahead: 800, delay: 1, node: 2) == 801)
        #expect(beat(ahead: 3_000, delay: 2, node: 2, pause: 10_000) == 3_002)
    }

    @Test func clocksFarApartAreNoFault() {
        let far = Heartbeat(
            revision: Revision(epoch: Epoch(counter: 1, id: 1), number: 1), digest: .empty, clock: .max, node: 9)
        var comparison = ClockComparison()
        let behind = comparison.receive(far, wall: 0, now: 1)
        let again = comparison.receive(far, wall: .max, now: 2)
        #expect(behind == -.max && again == -.max)
    }
}
