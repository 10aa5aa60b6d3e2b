import Flags
import Foundation
import GRDB
import Harness
import HashTreeCollections
import Replication
import Testing

@testable import Agent

@Suite struct CacheTests {
    private let directory: TemporaryDirectory
    private let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    private func open(environment: String = "production", sync: Bool = false) throws -> (AgentCache, ReplicatedState?) {
        let (cache, content) = try AgentCache.open(
            in: directory.path, environment: environment, syncEachCommit: sync, logger: log.logger)
        return (cache, content?.state)
    }

    @Test func anEmptyCacheHoldsNothing() throws {
        let (cache, state) = try open()
        #expect(state == nil)
        cache.close()
        #expect(try open().1 == nil)
        #expect(log.all == [])
    }

    @Test(arguments: [false, true]) func everythingComesBack(sync: Bool) throws {
        var history = History(seed: 1)
        history.grow(by: 400)
        let (cache, _) = try open(sync: sync)
        // One at a time, then many in one transaction.
        for batch in history.batches.prefix(200) { try cache.commit([batch]) }
        try cache.commit(Array(history.batches.dropFirst(200)))
        cache.close()
        let state = try #require(try open(sync: sync).1)
        #expect(state.isSame(as: history.last))
        #expect(state.entryCount > 20)
    }

    @Test func emptinessCanBeConfirmedToo() throws {
        let (cache, _) = try open()
        let state = ReplicatedState(revision: Revision(epoch: Epoch(counter: 3, id: 9), number: 12))
        try cache.commit([Batch(changes: [], revision: state.revision, digest: state.digest, origin: .snapshot)])
        cache.close()
        #expect(try open().1?.isSame(as: state) == true)
    }

    @Test func namesAreTheirBytes() throws {
        var history = History(seed: 2)
        // Composed and decomposed, an embedded zero, an empty member, and numbers beyond 63 bits.
        history.add([
            .put(EntryKey(.flag, "é"), History.on), .put(EntryKey(.flag, "e\u{301}"), History.off),
            .put(EntryKey(.flag, "a\u{0}b"), History.on), .put(EntryKey(.flag, "a"), History.off),
            .addMembers(pilot: "staff", ["é", "e\u{301}", "", "a\u{0}b", "a"]),
            .put(EntryKey(EntryKind(rawValue: 200), "later"), [0, 255, 1]),
        ])
        var state = history.last
        state.revision = Revision(epoch: Epoch(counter: .max, id: .max), number: .max - 1)
        let (cache, _) = try open()
        try cache.commit([
            Batch(
                changes: history.batches[0].changes, revision: state.revision, digest: state.digest, origin: .snapshot)
        ])
        cache.close()
        let loaded = try #require(try open().1)
        #expect(loaded.isSame(as: state))
        #expect(loaded.entries.count == 5 && loaded.pilots["staff"]?.count == 5)
    }

    @Test func aCommitIsAllOrNothing() throws {
        var history = History(seed: 3)
        history.grow(by: 20)
        let (cache, _) = try open()
        try cache.commit(Array(history.batches.prefix(10)))
        // Another connection holds the lock: the second commit can't begin.
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.path("cache.sqlite"), configuration: configuration)
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            #expect(throws: (any Error).self) { try cache.commit(Array(history.batches.dropFirst(10))) }
            try db.execute(sql: "ROLLBACK")
        }
        try other.close()
        cache.close()
        let (again, state) = try open()
        #expect(state?.isSame(as: history.states[10]) == true)
        // Repeating what was refused, and what was done already, leads to the same state.
        try again.commit(Array(history.batches.dropFirst(10)))
        try again.commit(Array(history.batches.dropFirst(10)))
        again.close()
        #expect(try open().1?.isSame(as: history.last) == true)
    }

    @Test func aWholeStateReplacesWhatIsThere() throws {
        var history = History(seed: 4)
        history.grow(by: 50)
        var other = History(seed: 5, epoch: Epoch(counter: 2, id: 8))
        other.grow(by: 60)
        let (cache, _) = try open()
        try cache.commit(history.batches)
        try cache.commit([.whole(other.last)])
        cache.close()
        #expect(try open().1?.isSame(as: other.last) == true)
    }

    @Test func aWholeStateAndWhatFollowsItAreOneCommit() throws {
        var history = History(seed: 14)
        history.grow(by: 40)
        var older = History(seed: 15)
        older.grow(by: 20)
        let (cache, _) = try open()
        try cache.commit(older.batches)
        try cache.commit([.whole(history.states[30])] + history.batches.dropFirst(30))
        cache.close()
        #expect(try open().1?.isSame(as: history.last) == true)
    }

    @Test func aStateFromTheCacheKeepsHashes() throws {
        var history = History(seed: 16)
        history.add([.addMembers(pilot: "staff", ["ann", "é", ""]), .addMembers(pilot: "a", ["bob"])])
        let (cache, _) = try open()
        try cache.commit(history.batches)
        cache.close()
        let state = try #require(try open().1)
        #expect(state.memberForm == .hashes && state.pilots["staff"]?.members.form == .hashes)
        #expect(["ann", "é", ""].allSatisfy { state.pilots["staff"]?.members.contains($0) == true })
        #expect(state.pilots["staff"]?.members.contains("bob") == false && state.pilots["a"]?.count == 1)
    }

    @Test func aGroupThatComesInPiecesIsOneGroup() throws {
        var history = History(seed: 18)
        history.add([.addMembers(pilot: "staff", ["old", "zoe"]), .addMembers(pilot: "a", ["bob"])])
        history.add([
            .replaceMembers(pilot: "staff", ["zoe", "ann"]), .addMembers(pilot: "staff", ["mia", "ann"]),
            .addMembers(pilot: "staff", ["eve"]), .addMembers(pilot: "a", ["eve"]),
            .addMembers(pilot: "staff", ["kim"]),
            .removeMembers(pilot: "staff", ["mia"]), .addMembers(pilot: "staff", ["mio"]),
        ])
        let (cache, _) = try open()
        try cache.commit(history.batches)
        cache.close()
        let state = try #require(try open().1)
        #expect(state.isSame(as: history.last) && state.pilots["staff"]?.count == 5 && state.pilots["a"]?.count == 2)
    }

    @Test func aProbeChangesNothing() throws {
        var history = History(seed: 17)
        history.grow(by: 20)
        let (cache, _) = try open()
        try cache.commit(history.batches)
        try cache.probe(history.last.revision, history.last.digest)
        cache.close()
        #expect(try open().1?.isSame(as: history.last) == true)
    }

    @Test func aDamagedFileIsSetAsideAndBegunAnew() throws {
        var history = History(seed: 6)
        history.grow(by: 50)
        let (cache, _) = try open()
        try cache.commit(history.batches)
        try cache.beginAnew(because: DatabaseError(resultCode: .SQLITE_CORRUPT))
        // Nothing was shown from it yet: a start finds an empty cache, and no mark that speaks of more.
        let image = directory.path("image")
        try FileManager.default.createDirectory(atPath: image, withIntermediateDirectories: true)
        for file in ["cache.sqlite", "cache.sqlite-wal", "cache.mark"] {
            try TemporaryDirectory.copy(directory.path(file), to: image + "/" + file)
        }
        let (_, content) = try AgentCache.open(
            in: image, environment: "production", syncEachCommit: false, logger: log.logger)
        #expect(content == nil)
        #expect(try Graveyard.names(in: image) == [])
        try cache.commit([.whole(history.last)])
        cache.close()
        #expect(log.contains("set the cache aside"))
        #expect(try open().1?.isSame(as: history.last) == true)
        #expect(try Graveyard.names(in: directory.path).count == 1)
    }

    @Test func aMillionMembersAndTenThousandFlagsFit() throws {
        // A tenth of it in debug builds, whose digests take ten times as long.
        #if DEBUG
            let size = 100_000
        #else
            let size = 1_000_000
        #endif
        var state = ReplicatedState(revision: Revision(epoch: Epoch(counter: 1, id: 1), number: 1))
        let changes: [EntryChange] =
            (0..<size / 100).map { .put(EntryKey(.flag, "flag-\($0)"), History.on) }
            + [.replaceMembers(pilot: "everyone", (0..<size).map { "user-\($0)" })]
        state.apply(changes)
        let (cache, _) = try open()
        let clock = ContinuousClock()
        let written = try clock.measure {
            try cache.commit([
                Batch(changes: changes, revision: state.revision, digest: state.digest, origin: .snapshot)
            ])
        }
        cache.close()
        var loaded: ReplicatedState?
        let read = try clock.measure { loaded = try open().1 }
        #expect(loaded?.digest == state.digest && loaded?.entryCount == size + size / 100)
        print("\(size) members, \(size / 100) flags: written in \(written), read in \(read)")
    }
}

/// The caches that were set aside.
enum Graveyard {
    static func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter {
            $0.hasPrefix("cache.damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
        }.sorted()
    }
}
