import LookupProtocol
import Testing

@testable import PilotlightClient

@Suite struct ChangeBoardTests {
    private static func change(_ number: UInt64, _ keys: String...) -> FlagChange {
        keys.isEmpty
            ? FlagChange(everythingAt: revision(number)) : FlagChange(revision: revision(number), flags: Set(keys))
    }

    private static func revision(_ number: UInt64) -> FlagRevision? {
        FlagRevision(
            StateStamp(
                epochCounter: 1, epochID: 2, number: number, isReady: true, isStale: false, stalenessMilliseconds: 0))
    }

    /// What is told at once; nil when it has to wait, or at the end.
    private static func take(_ board: inout ChangeBoard<Int>, _ id: UInt64) -> FlagChange? {
        if case .now(let change) = board.next(id, waiter: 0).next { change } else { nil }
    }

    @Test func whatComesWhileAFollowerIsBusyIsToldTogether() {
        var board = ChangeBoard<Int>()
        let id = board.follow()
        #expect(board.publish(Self.change(1)) == [])
        #expect(Self.take(&board, id) == Self.change(1))
        _ = board.publish(Self.change(2, "a"))
        _ = board.publish(Self.change(3, "b"))
        _ = board.publish(Self.change(4, "a"))
        #expect(Self.take(&board, id) == Self.change(4, "a", "b"))
        _ = board.publish(Self.change(5, "a"))
        _ = board.publish(Self.change(6))
        _ = board.publish(Self.change(7, "b"))
        #expect(Self.take(&board, id) == Self.change(7), "everything stays everything")
    }

    @Test func tooManyKeysAreEverything() {
        var merged = Self.change(1, "first")
        for number in 0..<FlagChange.maximumKeys - 1 { merged = merged.merged(with: Self.change(2, "flag-\(number)")) }
        guard case .keys(let keys) = merged.flags else {
            Issue.record("everything too soon")
            return
        }
        #expect(keys.count == FlagChange.maximumKeys)
        #expect(merged.merged(with: Self.change(3, "first")).flags == .keys(keys))
        #expect(merged.merged(with: Self.change(3, "another")).flags == .everything)
    }

    @Test func aWaitingFollowerIsToldAtOnceAndOthersLater() {
        var board = ChangeBoard<Int>()
        let (busy, waiting) = (board.follow(), board.follow())
        guard case .later = board.next(waiting, waiter: 7).next else {
            Issue.record("there was nothing to tell")
            return
        }
        #expect(board.publish(Self.change(1, "a")) == [7])
        #expect(board.publish(Self.change(2, "b")) == [])
        #expect(Self.take(&board, busy) == Self.change(2, "a", "b"))
        #expect(Self.take(&board, waiting) == Self.change(2, "b"))
    }

    @Test func aLaterFollowerBeginsWithEverything() {
        var board = ChangeBoard<Int>()
        _ = board.follow()
        _ = board.publish(Self.change(1))
        _ = board.publish(Self.change(2, "a"))
        let late = board.follow()
        #expect(Self.take(&board, late) == Self.change(2))
        board.disconnected()
        let away = board.follow()
        guard case .later = board.next(away, waiter: 1).next else {
            Issue.record("the agent is away: nobody knows what it holds")
            return
        }
    }

    @Test func endsAreToldOnce() {
        var board = ChangeBoard<Int>()
        let (ended, open) = (board.follow(), board.follow())
        _ = board.next(ended, waiter: 1)
        _ = board.next(open, waiter: 2)
        #expect(board.next(open, waiter: 3).displaced == 2)
        #expect(board.end(ended) == 1)
        #expect(board.end(ended) == nil)
        #expect(board.publish(Self.change(1, "a")) == [3])
        #expect(Self.take(&board, ended) == nil)
        _ = board.next(open, waiter: 4)
        #expect(board.finish() == [4])
        #expect(Self.take(&board, board.follow()) == nil)
    }
}
