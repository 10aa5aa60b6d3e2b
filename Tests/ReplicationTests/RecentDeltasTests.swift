import Replication
import Testing

@Suite struct RecentDeltasTests {
    private func item(_ number: UInt64, bytes: Int = 10) -> RecentDeltas.Item {
        let revision = Revision(epoch: Epoch(counter: 1, id: 1), number: number)
        let delta = Delta(revision: revision, digest: Digest(number, 0, 0, 0), time: 0, changes: [])
        return RecentDeltas.Item(delta, bytes: Array(repeating: UInt8(truncatingIfNeeded: number), count: bytes))
    }

    private func filled(_ numbers: ClosedRange<UInt64>, bytes: Int = 10, most: Int = 100, count: Int = 1_000)
        -> RecentDeltas
    {
        var recent = RecentDeltas(maximumBytes: most, maximumCount: count)
        for number in numbers { recent.append(item(number, bytes: bytes)) }
        return recent
    }

    @Test func aWindowByBytesMovesOn() {
        let recent = filled(1...25)
        #expect(recent.count == 10)
        #expect(recent.oldest == 16)
        #expect(recent[15] == nil)
        #expect(recent[26] == nil)
        for number in 16...25 as ClosedRange<UInt64> { #expect(recent[number]?.digest == Digest(number, 0, 0, 0)) }
    }

    @Test func aWindowByCountMovesOn() {
        let recent = filled(5...50, most: 1 << 20, count: 7)
        #expect(recent.count == 7)
        #expect(recent.oldest == 44)
        #expect(recent[44]?.number == 44)
    }

    @Test func theNewestStaysHoweverLargeItIs() {
        let recent = filled(1...3, bytes: 500)
        #expect(recent.count == 1)
        #expect(recent[3]?.bytes.count == 500)
    }

    /// Long enough for the array behind it to be compacted several times.
    @Test func aLongRunKeepsItsWindow() {
        var recent = RecentDeltas(maximumBytes: 5_000, maximumCount: 1_000_000)
        for number in 1...20_000 as ClosedRange<UInt64> {
            recent.append(item(number))
            if number % 997 == 0 {
                #expect(recent.count == min(Int(number), 500))
                #expect(recent[number]?.bytes.first == UInt8(truncatingIfNeeded: number))
                #expect(recent.oldest.flatMap { recent[$0]?.number } == recent.oldest)
            }
        }
    }

    @Test func aJumpBeginsAnew() {
        var recent = filled(1...5)
        recent.append(item(9))
        #expect(recent.count == 1)
        #expect(recent.oldest == 9)
        #expect(recent[5] == nil)
    }

    @Test func nothingIsHeldAtFirst() {
        var recent = RecentDeltas()
        #expect(recent.oldest == nil)
        #expect(recent[0] == nil)
        #expect(recent[.max] == nil)
        recent.append(item(3))
        recent.removeAll()
        #expect(recent.count == 0)
        #expect(recent[3] == nil)
    }
}
