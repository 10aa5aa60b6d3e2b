import Replication
import Testing

@Suite struct NumberedLogTests {
    private let epoch = Epoch(counter: 3, id: 7)

    private func makeLog() -> NumberedLog { NumberedLog(ReplicatedState(revision: Revision(epoch: epoch, number: 10))) }

    private func put(_ name: String, _ byte: UInt8 = 1) -> [EntryChange] { [.put(EntryKey(.flag, name), [byte])] }

    private func divergence(_ revision: Revision) -> Divergence {
        Divergence(.higherNumber, heard: revision, heardDigest: .empty, own: Revision(epoch: epoch, number: 10))
    }

    @Test func numbersAreDenseAndEachDeltaBearsTheDigestAfterIt() throws {
        var log = makeLog()
        let first = try log.stage(put("a"), time: 5)
        let second = try log.stage(put("b"), time: 6)
        #expect([first.revision.number, second.revision.number] == [11, 12])
        #expect(log.committed.revision.number == 10)
        #expect(log.staged.digest == second.digest)
        #expect(first.digest != second.digest)
        #expect(log.commit() == [first, second])
        #expect(log.committed.revision.number == 12)
        #expect(log.committed.isSound)
        #expect(log.stagedDeltas.isEmpty)
    }

    @Test func whatCouldNotBeStoredNeverHappened() throws {
        var log = makeLog()
        _ = try log.stage(put("a"), time: 0)
        _ = log.commit()
        let lost = try log.stage(put("a", 2), time: 0)
        log.rollback()
        #expect(log.staged.revision == log.committed.revision)
        #expect(log.staged.digest == log.committed.digest)
        let next = try log.stage(put("b"), time: 0)
        #expect(next.revision == lost.revision)
        #expect(log.commit() == [next])
    }

    @Test func aBlockedLogTakesNothing() throws {
        var log = makeLog()
        let heard = divergence(Revision(epoch: epoch, number: 20))
        log.block(heard)
        log.block(divergence(Revision(epoch: epoch, number: 30)))
        #expect(log.blocked == heard, "the first reason stays")
        #expect(throws: Divergence.self) { try log.stage(put("a"), time: 0) }
        #expect(log.staged.revision.number == 10)
    }

    @Test func aNewEpochGoesOnAboveEverythingHeard() throws {
        var log = makeLog()
        _ = try log.stage(put("a"), time: 0)
        _ = log.commit()
        log.block(divergence(Revision(epoch: epoch, number: 20)))
        let heard = [
            Revision(epoch: Epoch(counter: 5, id: 1), number: 2), Revision(epoch: Epoch(counter: 1, id: 1), number: 99),
        ]
        let next = log.nextEpoch(id: 42, heard: heard)
        #expect(next == Revision(epoch: Epoch(counter: 6, id: 42), number: 100))
        // What blocked it counts even where nobody repeats it.
        #expect(log.nextEpoch(id: 42, heard: []) == Revision(epoch: Epoch(counter: 4, id: 42), number: 21))
        let absurd = Revision(epoch: Epoch(counter: .max, id: 1), number: .max)
        #expect(log.nextEpoch(id: 42, heard: heard + [absurd]) == next, "a report beyond all measure breaks nothing")
        let digest = log.committed.digest
        log.begin(next)
        #expect(log.blocked == nil)
        #expect(log.committed.digest == digest)
        #expect(try log.stage(put("b"), time: 0).revision == Revision(epoch: next.epoch, number: 101))
    }
}
