import Replication
import Testing

@Suite struct ReplicaTests {
    // MARK: In order

    @Test func aNewAgentIsReadyOnceItHoldsConfirmedEmptiness() {
        var pair = Pair()
        #expect(pair.replica.state == nil)
        pair.start()
        #expect(pair.replica.state?.revision == Revision(epoch: Pair.epoch, number: 0))
        #expect(pair.batches.map(\.origin) == [.snapshot])
    }

    @Test func deltasInOrderAreAppliedAtOnceAndOnce() throws {
        var pair = try Pair.level()
        let delta = try pair.store(put("d"))
        pair.deliver(delta, delta)
        pair.deliver(delta)
        #expect(pair.isEqual)
        #expect(pair.batches.map(\.revision.number) == [0, 1, 2, 3, 4])
        #expect(pair.catchUps == 1, "only the one at the start")
    }

    @Test func aRestartedAgentGoesOnFromItsCacheByDeltas() throws {
        var pair = try Pair.level()
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
        var pair = try Pair.level()
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
        var pair = try Pair.level()
        try pair.store(put("lost"))
        pair.beat()
        #expect(pair.replica.state?.revision.number == 3, "a heartbeat's number is never adopted")
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.catchUps == 2)
    }

    @Test func aDeltaThatOnlyCameLateClosesItsGapWithoutACatchUp() throws {
        var pair = try Pair.level()
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
            var pair = try Pair.level()
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
        var pair = try Pair.level(recent)
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
        var pair = try Pair.level(settings)
        try pair.store(put("lost"))
        for index in 0..<5 as Range<UInt8> { pair.deliver(try pair.store(put("many", index))) }
        pair.settle()
        #expect(pair.isEqual)
    }

    // MARK: Digests

    @Test func anotherDigestAtTheSameNumberFetchesTheWholeState() throws {
        var pair = try Pair.level()
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
        var pair = try Pair.level()
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
        var pair = try Pair.level()
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

    // MARK: Requests and answers

    @Test func aRequestWithoutAnAnswerIsRepeatedWithBackOff() throws {
        var pair = try Pair.level()
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
        var pair = try Pair.askingInVain()
        let before = pair.replica.deadline
        for reply in [.upToDate(request: 1), .busy(request: 1, milliseconds: 1), .sessionOver(request: 1)]
            as [SyncReply]
        {
            #expect(pair.replica.receive(reply, now: pair.now).isEmpty)
        }
        #expect(pair.replica.deadline == before)
    }

    @Test func aNewConnectionAsksAtOnceWhateverIsWaitedFor() throws {
        var pair = try Pair.level()
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
        var pair = try Pair.askingInVain()
        let request = try #require(pair.lastCatchUp)
        pair.perform(pair.replica.receive(.deltas(request: request, [[1, 2, 3]], head: 4), now: pair.now))
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.note { if case .malformed = $0 { true } else { false } })
    }
}
