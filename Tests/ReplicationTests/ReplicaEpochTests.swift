import Replication
import Testing

@Suite struct ReplicaEpochTests {
    @Test func aNewEpochIsFollowedByWhatDiffers() throws {
        var pair = try Pair.level()
        pair.beginEpoch(heard: [Revision(epoch: Pair.epoch, number: 40)])
        let delta = try pair.store(put("d"))
        pair.deliver(delta)
        #expect(pair.replica.state?.revision.number == 3)
        #expect(pair.note { if case .newEpoch = $0 { true } else { false } })
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.replica.state?.revision == Revision(epoch: Epoch(counter: 2, id: 0xE), number: 42))
        #expect(pair.batches.last?.changes == [put("d")])
    }

    @Test func whatANewHistoryDoesNotHoldGoes() throws {
        var pair = try Pair.level()
        let old = pair.replica
        pair = Pair(epoch: Epoch(counter: 2, id: 5), number: 9, holding: [put("c"), put("x")])
        pair.replica = old
        pair.beat()
        pair.settle()
        #expect(pair.isEqual)
        #expect(
            Set(pair.batches.last?.changes ?? []) == [
                .delete(EntryKey(.flag, "a")), .delete(EntryKey(.flag, "b")), put("x"),
            ])
    }

    @Test(arguments: [Epoch(counter: 0, id: 0xF), Epoch(counter: 1, id: 0xF)])
    func anOlderOrForeignHistoryEmptiesNobody(_ epoch: Epoch) throws {
        var pair = try Pair.level()
        let truth = pair.replica.state?.digest
        let agent = pair.replica
        var stranger = Pair(epoch: epoch, number: 50)
        stranger.replica = agent
        stranger.beat()
        stranger.deliver(try stranger.store(put("foreign")))
        stranger.perform(stranger.replica.reconnected(now: stranger.now))
        stranger.settle(for: 30_000)
        #expect(stranger.replica.state?.revision == Revision(epoch: Pair.epoch, number: 3))
        #expect(stranger.replica.state?.digest == truth)
        #expect(stranger.replica.conflict == epoch)
        #expect(stranger.reports >= 1)
        #expect(stranger.batches.isEmpty)
        // One's own control node speaks again: the agent follows at once, whatever it was refused before.
        try pair.store(put("d"))
        pair.replica = stranger.replica
        pair.now = stranger.now
        pair.beat()
        #expect(pair.replica.conflict == nil)
        pair.settle(for: 500)
        #expect(pair.isEqual)
    }

    /// A control node without the check that ours has.
    @Test func aForeignManifestIsNotTakenWhoeverSendsIt() throws {
        var pair = try Pair.askingInVain()
        let request = try #require(pair.lastCatchUp)
        let empty = Revision(epoch: Epoch(counter: 1, id: 0xF), number: 90)
        pair.perform(
            pair.replica.receive(.manifest(request: request, session: 1, empty, .empty, [], last: true), now: pair.now))
        #expect(pair.replica.state?.revision.number == 3)
        #expect(pair.replica.state?.entries.count == 3)
        pair.settle()
        #expect(pair.isEqual)
    }

    @Test func aRestoredBackupIsHeardOfAndNotFollowedBackwards() throws {
        var pair = try Pair.level()
        let backup = pair.log.committed
        for name in ["d", "e"] { pair.deliver(try pair.store(put(name))) }
        let held = try #require(pair.replica.state)
        pair.log = NumberedLog(backup)
        pair.server = CatchUpServer(backup, node: 80)
        pair.beat()
        pair.perform(pair.replica.reconnected(now: pair.now))
        pair.settle(for: 5_000)
        #expect(pair.replica.state?.revision == held.revision, "never back within an epoch")
        #expect(pair.replica.refusal != nil)
        let divergence = try #require(pair.server.divergence(from: held.revision, digest: held.digest))
        #expect(divergence.kind == .higherNumber)
        pair.log.block(divergence)
        pair.beginEpoch(heard: [held.revision])
        pair.beat()
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.replica.state?.revision.number ?? 0 > held.revision.number)
        #expect(pair.replica.state?.entries.count == 3)
    }

    /// The agent has heard of a number that control lost with its backup: it asks once more, not for ever.
    @Test func aNumberThatControlHasLostIsNotAskedForAgainAndAgain() throws {
        var pair = try Pair.level()
        try pair.store(put("lost"))
        pair.losesRequests = 1
        pair.deliver(try pair.store(put("kept")))
        #expect(pair.replica.heard?.number == 5)
        let backup = try #require(pair.replica.state)
        pair.log = NumberedLog(backup)
        pair.server = CatchUpServer(backup, node: 80)
        let before = pair.catchUps
        pair.settle(for: 20_000)
        #expect(!pair.replica.isCatchingUp)
        #expect(pair.catchUps <= before + 2)
        pair.beat()
        #expect(!pair.replica.isCatchingUp)
        // What was kept of the lost history isn't mixed into the one that goes on.
        pair.deliver(try pair.store(put("other")))
        #expect(pair.isEqual)
        #expect(!pair.replica.isCatchingUp)
    }
}
