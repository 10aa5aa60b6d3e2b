import Replication
import Testing

@Suite struct CatchUpServerTests {
    private func members(_ count: Int) -> [String] { (0..<count).map { "user-\($0)" } }

    private func settings(chunk: Int) -> CatchUpServer.Settings {
        var settings = CatchUpServer.Settings()
        settings.chunkBytes = chunk
        return settings
    }

    private func report(_ revision: Revision?, _ digest: Digest = .empty) -> Report {
        Report(agent: "a", name: "a", boot: 1, revision: revision, digest: digest)
    }

    // MARK: Chunks

    /// No reply is larger than a chunk and the one item that fills it, whatever the state's size.
    @Test func everyReplyIsBounded() throws {
        var changes: [EntryChange] = (0..<2_000).map {
            .put(EntryKey(.flag, "flag-\($0)"), Array(repeating: 7, count: 100))
        }
        for group in 0..<50 {
            changes += [
                .put(EntryKey(.pilot, "group-\(group)"), []), .addMembers(pilot: "group-\(group)", members(200)),
            ]
        }
        var replica = Replica.Settings()
        replica.fetchKeys = 300
        var pair = Pair(holding: changes, server: settings(chunk: 4_000), replica: replica)
        pair.start()
        #expect(pair.isEqual)
        #expect(pair.largestReply <= 4_000 + 300)
        #expect(pair.requests.count > 100)
        #expect(pair.batches.count == 1, "one commit for all of it")
        #expect(pair.server.sessionCount == 0, "whoever has read all gives its place back")
    }

    @Test func aGroupOfAHundredThousandIsFetchedInChunks() throws {
        var pair = Pair(holding: [.put(EntryKey(.pilot, "all"), []), .addMembers(pilot: "all", members(100_000))])
        pair.start()
        #expect(pair.isEqual)
        #expect(pair.replica.state?.memberCount == 100_000)
        #expect(pair.largestReply < Wire.chunkBytes + 1_000)
        #expect(pair.largestReply < Int(Wire.maximumMessageBytes))
        #expect(pair.requests.count > 4)
    }

    @Test func aLargeDeltaComesInParts() throws {
        var pair = Pair(server: settings(chunk: 1_000))
        pair.start()
        let large = try pair.store(.put(EntryKey(.flag, "large"), Array(repeating: 9, count: 7_777)))
        let after = try pair.store(put("after"))
        pair.perform(
            pair.replica.receive(
                .announcement(large.revision, large.digest, bytes: UInt32(large.encoded().count)), now: pair.now))
        pair.deliver(after)
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.largestReply < 1_100)
        let offsets = pair.requests.compactMap { if case .part(_, _, let offset) = $0 { offset } else { nil } }
        #expect(offsets == [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000])
        #expect(pair.batches.map(\.origin) == [.snapshot, .deltas(1), .deltas(1)])
    }

    @Test func aLargeDeltaWhosePartIsLostBeginsAnew() throws {
        var pair = Pair(server: settings(chunk: 1_000))
        pair.start()
        try pair.store(.put(EntryKey(.flag, "large"), Array(repeating: 9, count: 2_500)))
        pair.losesRequests = 1
        pair.beat()
        pair.settle()
        #expect(pair.isEqual)
    }

    // MARK: Which answer

    @Test func deltasAreGivenAsFarBackAsTheyAreHeld() throws {
        var pair = Pair(recent: RecentDeltas(maximumBytes: 1 << 20, maximumCount: 3))
        pair.start()
        let revisions = try (0..<5).map { try pair.store(put("flag-\($0)")) }
        func answer(after index: Int) -> SyncReply? {
            pair.server.answer(
                .catchUp(request: 1, revisions[index].revision, revisions[index].digest, whole: false), now: 0)
        }
        #expect(answer(after: 4) == .upToDate(request: 1))
        #expect(answer(after: 1) == .deltas(request: 1, revisions[2...4].map { $0.encoded() }, head: 5))
        guard case .manifest? = answer(after: 0) else {
            Issue.record("further back than the deltas go, a manifest")
            return
        }
    }

    @Test func aSessionReadsTheStateItBeganWith() throws {
        var pair = Pair(holding: [put("a"), put("b")])
        let begun = pair.log.committed
        guard
            case .manifest(_, let session, let revision, let digest, let lines, true)? = pair.server.answer(
                .catchUp(request: 1, nil, .empty, whole: false), now: 0)
        else {
            Issue.record("no manifest")
            return
        }
        #expect(revision == begun.revision && digest == begun.digest && lines.count == 2)
        try pair.store(put("a", 2), .delete(EntryKey(.flag, "b")))
        let entries = pair.server.answer(
            .fetch(request: 2, session: session, [EntryKey(.flag, "a"), EntryKey(.flag, "b")], pilots: []), now: 0)
        #expect(entries == .entries(request: 2, session: session, [put("a"), put("b")], last: true))
    }

    @Test func sessionsAreFewAndEndByThemselves() {
        var settings = CatchUpServer.Settings()
        settings.maximumSessions = 2
        var pair = Pair(holding: [put("a")], server: settings)
        func ask(_ now: UInt64) -> SyncReply? {
            pair.server.answer(.catchUp(request: 1, nil, .empty, whole: false), now: now)
        }
        guard case .manifest(_, let first, _, _, _, _)? = ask(0), case .manifest? = ask(1_000) else {
            Issue.record("two places, and two are refused")
            return
        }
        #expect(ask(1_500) == .busy(request: 1, milliseconds: 200))
        #expect(pair.server.sessionCount == 2)
        guard case .manifest? = ask(2_000) else {
            Issue.record("the first one was idle for two seconds and should have made room")
            return
        }
        #expect(pair.server.answer(.manifest(request: 9, session: first), now: 2_001) == .sessionOver(request: 9))
        #expect(pair.server.answer(.more(request: 9, session: 12_345), now: 2_001) == .sessionOver(request: 9))
        // Time alone ends the rest.
        _ = pair.server.answer(.report(report(nil)), now: 20_000)
        #expect(pair.server.sessionCount == 0)
    }

    @Test func aClosedSessionMakesRoomAtOnce() {
        var settings = CatchUpServer.Settings()
        settings.maximumSessions = 1
        var pair = Pair(holding: [put("a")], server: settings)
        for _ in 0..<10 {
            pair.replica = Replica(nil, seed: 1)
            pair.start()
            #expect(pair.isEqual)
        }
    }

    @Test func aSessionOfAnEarlierProcessIsOver() throws {
        var pair = Pair(holding: [put("a")])
        pair.losesRequests = 1
        pair.start()
        let old = pair.server
        pair.server = CatchUpServer(old.state, node: 12_345)
        #expect(pair.server.answer(.manifest(request: 4, session: 78), now: 0) == .sessionOver(request: 4))
        pair.settle()
        #expect(pair.isEqual)
    }

    @Test func versionsAreNegotiated() {
        var pair = Pair()
        func hello(_ lowest: UInt16, _ highest: UInt16) -> SyncReply? {
            pair.server.answer(.hello(lowest: lowest, highest: highest, report(nil)), now: 0)
        }
        #expect(hello(1, 4) == .welcome(version: Wire.version, node: 77))
        guard case .refused(0, .version, let text)? = hello(Wire.version + 1, 4) else {
            Issue.record("an agent of the future was not refused")
            return
        }
        #expect(text.contains("version \(Wire.version)"))
        #expect(pair.server.answer(.goodbye(agent: "a", boot: 1), now: 0) == nil)
    }

    // MARK: Histories

    @Test func everyOtherHistoryIsNamed() throws {
        var pair = Pair()
        let deltas = try (0..<4).map { try pair.store(put("flag-\($0)")) }
        let epoch = Pair.epoch
        func kind(_ epoch: Epoch, _ number: UInt64, _ digest: Digest) -> Divergence.Kind? {
            pair.server.divergence(from: Revision(epoch: epoch, number: number), digest: digest)?.kind
        }
        #expect(kind(epoch, 4, deltas[3].digest) == nil)
        #expect(kind(epoch, 2, deltas[1].digest) == nil)
        #expect(kind(epoch, 5, deltas[3].digest) == .higherNumber)
        #expect(kind(epoch, 4, deltas[2].digest) == .otherDigest)
        #expect(kind(epoch, 2, deltas[2].digest) == .otherDigest)
        #expect(kind(Epoch(counter: 1, id: 1), 2, .empty) == .otherEpoch)
        #expect(kind(Epoch(counter: 2, id: 1), 2, .empty) == .higherEpoch)
        #expect(kind(Epoch(counter: 0, id: 1), 200, .empty) == nil, "an agent of an older epoch only has to catch up")
    }

    @Test func anAgentOfAnotherHistoryIsRefusedAndNotEmptied() throws {
        var pair = Pair()
        try pair.store(put("a"))
        for revision in [
            Revision(epoch: Pair.epoch, number: 9), Revision(epoch: Epoch(counter: 1, id: 1), number: 1),
            Revision(epoch: Epoch(counter: 7, id: 1), number: 1),
        ] {
            for whole in [false, true] {
                guard
                    case .refused(3, .otherHistory, _)? = pair.server.answer(
                        .catchUp(request: 3, revision, .empty, whole: whole), now: 0)
                else {
                    Issue.record("\(revision) was not refused")
                    continue
                }
            }
        }
    }

    @Test func anOtherDigestIsAnsweredByAManifest() throws {
        var pair = Pair()
        let first = try pair.store(put("a"))
        try pair.store(put("b"))
        guard
            case .manifest? = pair.server.answer(
                .catchUp(request: 1, first.revision, Digest(1, 2, 3, 4), whole: false), now: 0)
        else {
            Issue.record("deltas can't mend another content")
            return
        }
    }

    @Test func aNewEpochForgetsTheDeltasBeforeIt() throws {
        var pair = Pair()
        let delta = try pair.store(put("a"))
        pair.beginEpoch()
        guard
            case .manifest? = pair.server.answer(
                .catchUp(request: 1, delta.revision, delta.digest, whole: false), now: 0)
        else {
            Issue.record("an agent of the epoch before compares everything")
            return
        }
        #expect(pair.server.heartbeat(clock: 5).revision == Revision(epoch: Epoch(counter: 2, id: 0xE), number: 2))
    }
}
