import Testing

@testable import PilotlightClient

@Suite struct PendingLookupsTests {
    @Test func everyIDIsItsOwnUntilItIsAnswered() {
        var pending = PendingLookups<Int>(limit: 3, byteLimit: 1_000)
        let ids = (1...3).map { pending.add($0, deadline: 100, bytes: 1) }
        #expect(Set(ids).count == 3 && !ids.contains(0) && !ids.contains(nil))
        #expect(pending.add(4, deadline: 100, bytes: 1) == nil)
        #expect(pending.take(2) == 2)
        #expect(pending.take(2) == nil, "answered twice")
        #expect(pending.add(4, deadline: 100, bytes: 1) == 2)
        #expect(pending.take(2) == 4)
        #expect(pending.take(0) == nil && pending.take(99) == nil && pending.take(.max) == nil)
    }

    @Test func aPassedDeadlineKeepsThePlaceTaken() {
        var pending = PendingLookups<Int>(limit: 2, byteLimit: 1_000)
        _ = pending.add(1, deadline: 10, bytes: 1)
        _ = pending.add(2, deadline: 20, bytes: 1)
        #expect(pending.earliestDeadline == 10)
        #expect(pending.expire(at: 9) == [])
        #expect(pending.expire(at: 10) == [1])
        #expect(pending.expire(at: 10) == [], "given up twice")
        #expect(pending.earliestDeadline == 20)
        #expect(pending.add(3, deadline: 30, bytes: 1) == nil, "its id is free while its answer may still come")
        #expect(pending.take(1) == nil, "a late answer has nobody to go to")
        #expect(pending.add(3, deadline: 30, bytes: 1) == 1)
        #expect(pending.removeAll().sorted() == [2, 3])
        #expect(pending.count == 0 && pending.bytes == 0 && pending.earliestDeadline == nil)
    }

    @Test func bytesAreBounded() {
        var pending = PendingLookups<Int>(limit: 10, byteLimit: 100)
        #expect(pending.add(1, deadline: 1, bytes: 60) != nil)
        #expect(pending.add(2, deadline: 1, bytes: 60) == nil)
        #expect(pending.add(3, deadline: 1, bytes: 40) != nil)
        _ = pending.take(1)
        _ = pending.take(2)
        #expect(pending.bytes == 0)
        #expect(pending.add(4, deadline: 1, bytes: 500) != nil, "one alone always has room")
    }
}
