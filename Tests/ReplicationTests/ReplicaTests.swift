import Replication
import Testing

@Suite struct ReplicaTests {
    /// Control and an agent at revision 3, nothing under way.
    private func level(_ settings: Replica.Settings = .init()) throws -> Pair {
        var pair = Pair(replica: settings)
        pair.start()
        for name in ["a", "b", "c"] { pair.deliver(try pair.store(put(name))) }
        try #require(pair.isEqual)
        #expect(!pair.replica.isCatchingUp)
        return pair
    }

    // MARK: In order

    @Test func aNewAgentIsReadyOnceItHoldsConfirmedEmptiness() {
        var pair = Pair()
        #expect(pair.replica.state == nil)
        pair.start()
        #expect(pair.replica.state?.revision == Revision(epoch: Pair.epoch, number: 0))
        #expect(pair.batches.map(\.origin) == [.snapshot])
    }

    @Test func deltasInOrderAreAppliedAtOnceAndOnce() throws {
        var pair = try level()
        let delta = try pair.store(put("d"))
        pair.deliver(delta, delta)
        pair.deliver(delta)
        #expect(pair.isEqual)
        #expect(pair.batches.map(\.revision.number) == [0, 1, 2, 3, 4])
        #expect(pair.catchUps == 1, "only the one at the start")
    }

    @Test func aRestartedAgentGoesOnFromItsCacheByDeltas() throws {
        var pair = try level()
        let cached = pair.replica.state
        for name in ["d", "e"] { try pair.store(put(name)) }
        pair.replica = Replica(cached, seed: 2)
        pair.start()
        #expect(pair.isEqual)
        #expect(pair.batches.last?.origin == .deltas(2))
        #expect(pair.batches.last?.changes == [put("d"), put("e")])
    }

    // MARK: Gaps

    @Test func aHoleIsNoticedAndHealedByOneCatchUp() throws {
        var pair = try level()
        try pair.store(put("lost"))
        let later = try pair.store(put("e"))
        pair.deliver(later)
        #expect(pair.replica.state?.revision.number == 3, "nothing is applied over a hole")
        #expect(pair.note { if case .gap(3, 5, "delta 5") = $0 { true } else { false } })
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.catchUps == 2)
        #expect(pair.note { if case .healed(3, 5, _) = $0 { true } else { false } })
        #expect(pair.batches.map(\.revision.number).last == 5)
    }

    @Test func aLostLastMessageIsNoticedByTheHeartbeat() throws {
        var pair = try level()
        try pair.store(put("lost"))
        pair.beat()
        #expect(pair.replica.state?.revision.number == 3, "a heartbeat's number is never adopted")
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.catchUps == 2)
    }

    @Test func aDeltaThatOnlyCameLateClosesItsGapWithoutACatchUp() throws {
        var pair = try level()
        let late = try pair.store(put("late"))
        let next = try pair.store(put("next"))
        pair.deliver(next, late)
        #expect(pair.isEqual)
        #expect(!pair.replica.isCatchingUp)
        pair.settle()
        #expect(pair.catchUps == 1)
    }

    @Test func aHerdSpreadsOut() throws {
        var starts: Set<UInt64> = []
        for seed in 1...50 as ClosedRange<UInt64> {
            var pair = try level()
            pair.replica = Replica(pair.replica.state, seed: seed)
            try pair.store(put("lost"))
            pair.beat()
            starts.insert((pair.replica.deadline ?? 0) - pair.now)
        }
        #expect(starts.count > 25)
        #expect(starts.max() ?? 0 < 200)
    }

    @Test func whatArrivesDuringAManifestFollowsIt() throws {
        var recent = Replica.Settings()
        recent.jitter = 0
        var pair = try level(recent)
        pair.server = CatchUpServer(pair.log.committed, recent: RecentDeltas(), node: 78)
        try pair.store(put("lost"))
        pair.server = CatchUpServer(pair.log.committed, recent: RecentDeltas(), node: 79)
        // The answer to this request is held back, and two deltas overtake it.
        pair.losesRequests = 1
        pair.beat()
        let request = try #require(pair.requests.last)
        let reply = pair.server.answer(request, now: pair.now)
        let answer = try #require(reply)
        let fifth = try pair.store(put("fifth"))
        let sixth = try pair.store(put("sixth"))
        pair.deliver(fifth, sixth)
        pair.perform(pair.replica.receive(answer, now: pair.now))
        #expect(pair.isEqual)
        #expect(pair.batches.suffix(2).map(\.revision.number) == [4, 6])
        #expect(pair.batches.suffix(2).map(\.origin) == [.snapshot, .deltas(2)])
    }

    @Test func whatDoesNotFitIsAskedForAgain() throws {
        var settings = Replica.Settings()
        settings.keptDeltas = 1
        var pair = try level(settings)
        try pair.store(put("lost"))
        for index in 0..<5 as Range<UInt8> { pair.deliver(try pair.store(put("many", index))) }
        pair.settle()
        #expect(pair.isEqual)
    }

    // MARK: Digests

    @Test func anotherDigestAtTheSameNumberFetchesTheWholeState() throws {
        var pair = try level()
        var other = try #require(pair.replica.state)
        other.apply(put("b", 99))
        pair.replica = Replica(other, seed: 3)
        pair.beat()
        #expect(pair.reports == 1, "control is told before anything is taken over")
        #expect(pair.note { if case .digestDiffers(3, ownDamage: false) = $0 { true } else { false } })
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.batches.last?.changes == [put("b")], "only what differs is fetched")
        #expect(pair.catchUps == 2)
    }

    @Test func aDeltaThatLeadsToAnotherDigestIsNotApplied() throws {
        var pair = try level()
        var other = try #require(pair.replica.state)
        other.apply(put("b", 99))
        pair.replica = Replica(other, seed: 3)
        pair.deliver(try pair.store(put("d")))
        #expect(pair.replica.state?.revision.number == 3)
        #expect(pair.reports == 1)
        pair.settle()
        #expect(pair.isEqual)
    }

    /// A bit of the running digest flips in memory, which nothing but a look at every entry can tell from a history that
    /// went another way.
    @Test func damageOfOnesOwnMemoryIsHealedAndNotReported() throws {
        var pair = try level()
        let digest = try #require(pair.replica.state?.digest)
        withUnsafeMutableBytes(of: &pair.replica) { memory in
            for offset in stride(from: 0, to: memory.count - 31, by: 8)
            where memory.load(fromByteOffset: offset, as: UInt64.self) == digest.lane0 {
                memory.storeBytes(of: digest.lane0 ^ 1, toByteOffset: offset, as: UInt64.self)
                return
            }
        }
        try #require(pair.replica.state?.digest != digest)
        pair.beat()
        #expect(pair.note { if case .digestDiffers(3, ownDamage: true) = $0 { true } else { false } })
        #expect(pair.reports == 0)
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.batches.last?.changes.count == 3, "none of one's own terms is believed")
    }

    // MARK: Epochs

    @Test func aNewEpochIsFollowedByWhatDiffers() throws {
        var pair = try level()
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
        var pair = try level()
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
        var pair = try level()
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
        var settings = Replica.Settings()
        settings.jitter = 0
        var pair = try level(settings)
        try pair.store(put("lost"))
        pair.losesRequests = 1
        pair.beat()
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
        var pair = try level()
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
        var pair = try level()
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

    // MARK: Requests and answers

    @Test func aRequestWithoutAnAnswerIsRepeatedWithBackOff() throws {
        var pair = try level()
        try pair.store(put("lost"))
        pair.losesRequests = 5
        var waits: [UInt64] = []
        pair.beat()
        pair.now = try #require(pair.replica.deadline)
        pair.perform(pair.replica.tick(now: pair.now))
        for _ in 0..<5 {
            let deadline = try #require(pair.replica.deadline)
            waits.append(deadline - pair.now)
            #expect(pair.replica.tick(now: deadline - 1).isEmpty)
            pair.now = deadline
            pair.perform(pair.replica.tick(now: pair.now))
        }
        for (wait, least) in zip(waits, [1_000, 2_000, 4_000, 8_000, 8_000] as [UInt64]) {
            #expect((least...least + least / 4).contains(wait))
        }
        #expect(pair.isEqual)
    }

    @Test func anAnswerToAnotherRequestIsNoAnswer() throws {
        var settings = Replica.Settings()
        settings.jitter = 0
        var pair = try level(settings)
        try pair.store(put("lost"))
        pair.losesRequests = 1
        pair.beat()
        let before = pair.replica.deadline
        for reply in [.upToDate(request: 1), .busy(request: 1, milliseconds: 1), .sessionOver(request: 1)]
            as [SyncReply]
        {
            #expect(pair.replica.receive(reply, now: pair.now).isEmpty)
        }
        #expect(pair.replica.deadline == before)
    }

    @Test func aNewConnectionAsksAtOnceWhateverIsWaitedFor() throws {
        var pair = try level()
        try pair.store(put("lost"))
        pair.losesRequests = 4
        pair.beat()
        for _ in 0..<4 {
            pair.now = try #require(pair.replica.deadline)
            pair.perform(pair.replica.tick(now: pair.now))
        }
        pair.now += 1
        pair.perform(pair.replica.reconnected(now: pair.now))
        #expect(pair.isEqual)
    }

    @Test func aBusyControlNodeIsAskedAgain() throws {
        var server = CatchUpServer.Settings()
        server.maximumSessions = 1
        var pair = Pair(holding: [put("a")], server: server)
        // Somebody else holds the only place.
        _ = pair.server.answer(.catchUp(request: 1, nil, .empty, whole: false), now: pair.now)
        pair.start()
        #expect(pair.replica.state == nil)
        let deadline = try #require(pair.replica.deadline)
        #expect((200...300).contains(deadline - pair.now))
        pair.settle()
        #expect(pair.isEqual, "whoever holds a place and asks nothing makes room")
    }

    @Test func aRefusedAgentSaysSoOnceAndTriesAgainLater() throws {
        var pair = Pair()
        pair.losesRequests = 1
        pair.start()
        for _ in 0..<2 {
            let request = try #require(pair.lastCatchUp)
            pair.losesRequests = 1
            pair.perform(
                pair.replica.receive(.refused(request: request, .unknownEnvironment, text: "none"), now: pair.now))
            #expect(pair.replica.refusal == "none")
            let deadline = pair.replica.deadline ?? 0
            #expect((8_000...12_000).contains(deadline - pair.now))
            pair.now = deadline
            pair.perform(pair.replica.tick(now: pair.now))
        }
        #expect(pair.notes.count == 1)
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.replica.refusal == nil)
    }

    @Test func aDeltaThatCannotBeReadIsFetchedOtherwise() throws {
        var settings = Replica.Settings()
        settings.jitter = 0
        var pair = try level(settings)
        try pair.store(put("lost"))
        pair.losesRequests = 1
        pair.beat()
        let request = try #require(pair.lastCatchUp)
        pair.perform(pair.replica.receive(.deltas(request: request, [[1, 2, 3]], head: 4), now: pair.now))
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.note { if case .malformed = $0 { true } else { false } })
    }
}
