import Flags
import GRDB
import Harness
import Replication
import Synchronization
import Testing

@testable import Agent

/// A cache that can't be led on: answers stay what they were until everything was fetched anew and is on disk.
@Suite struct LostCacheTests {
    private let directory: TemporaryDirectory
    private let log = LogLines()
    private let counters = LinkCounters()

    init() throws { directory = try TemporaryDirectory() }

    /// An agent's link without its network: what is decided is staged and committed by hand.
    private final class Shell {
        let start: AgentStart
        var pending: PendingCommit
        /// Control's side, which knows the names.
        var history: History
        var now: UInt64 = 1_000

        init(_ start: AgentStart, seed: UInt64) {
            self.start = start
            pending = PendingCommit(start)
            history = History(seed: seed)
        }

        var live: LiveSnapshot { start.live.load() }
    }

    private func makeShell(seed: UInt64) throws -> Shell {
        let start = try AgentStart(
            AgentConfiguration(publishPort: 1, syncPort: 1, dataDirectory: directory.path("agent")),
            logger: log.logger)
        let shell = Shell(start, seed: seed)
        try change(shell)
        #expect(commit(shell))
        return shell
    }

    private func stage(_ batch: Batch, _ shell: Shell) {
        shell.pending.stage(batch, leadingTo: shell.history.last, environment: "production", log.logger)
    }

    private func change(_ shell: Shell) throws {
        shell.history.grow(by: 1)
        stage(try #require(shell.history.batches.last), shell)
    }

    private func commit(_ shell: Shell) -> Bool {
        shell.pending.commit(to: shell.start.cache, live: shell.start.live, now: shell.now, counters, log.logger)
    }

    /// What a start from these files would answer from.
    private func content() throws -> ReplicatedState? {
        let image = try TemporaryDirectory()
        try TemporaryDirectory.copy(directory.path("agent"), to: image.path("agent"))
        return try AgentCache.open(
            in: image.path("agent"), environment: "production", syncEachCommit: false, logger: LogLines().logger
        ).content?.state
    }

    @Test func aDamagedFileIsReplacedOnceEverythingIsAtHand() throws {
        let shell = try makeShell(seed: 21)
        let other = try DatabaseQueue(path: directory.path("agent/cache.sqlite"))
        try other.write {
            try $0.execute(sql: "CREATE TRIGGER broken BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'broken'); END")
        }
        try other.close()
        let held = shell.history.last
        try change(shell)
        #expect(!commit(shell))
        #expect(shell.pending.wantsEverything && shell.pending.due == nil)
        #expect(log.count(of: "the cache is damaged: answering on from memory, fetching everything anew") == 1)
        // What comes meanwhile isn't shown, and the file stays what a start may judge.
        try change(shell)
        #expect(shell.pending.due == nil && shell.pending.wantsEverything)
        #expect(shell.live.revision == held.revision && shell.pending.done.revision == held.revision)
        #expect(try content()?.isSame(as: held) == true)

        stage(.whole(shell.history.last), shell)
        #expect(!shell.pending.wantsEverything && shell.pending.isDue(at: shell.now))
        try change(shell)
        #expect(commit(shell))
        #expect(log.contains("set the cache aside and write it anew"))
        #expect(shell.live.revision == shell.history.last.revision && shell.pending.due == nil)
        #expect(try content()?.isSame(as: shell.history.last) == true)
        #expect(counters.deltas.load(ordering: .relaxed) == 4 && counters.snapshots.load(ordering: .relaxed) == 1)
        // And on by deltas.
        try change(shell)
        #expect(commit(shell))
        #expect(try content()?.isSame(as: shell.history.last) == true)
    }

    @Test func whatIsTooMuchToWaitIsFetchedOnceTheDiskTakesWrites() throws {
        let shell = try makeShell(seed: 22)
        let held = shell.history.last
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.path("agent/cache.sqlite"), configuration: configuration)
        try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        try change(shell)
        #expect(!commit(shell))
        shell.history.add([
            .put(EntryKey(.pilot, "crowd"), Array("{}".utf8)),
            .addMembers(pilot: "crowd", (0..<100_001).map { "user-\($0)" }),
        ])
        stage(try #require(shell.history.batches.last), shell)
        #expect(log.count(of: "too many changes wait for the cache") == 1)
        // Tried again each second, with next to nothing; nothing is asked for that could only wait.
        for _ in 0..<3 {
            #expect(!shell.pending.wantsEverything)
            shell.now = try #require(shell.pending.due)
            #expect(!commit(shell))
        }
        try other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try other.close()
        shell.now = try #require(shell.pending.due)
        #expect(!commit(shell))
        #expect(shell.pending.wantsEverything && shell.pending.due == nil)
        #expect(shell.live.revision == held.revision)
        #expect(try content()?.isSame(as: held) == true)

        stage(.whole(shell.history.last), shell)
        #expect(commit(shell) && !shell.pending.wantsEverything)
        #expect(log.contains("the cache can be written again"))
        #expect(shell.live.flags.members(ofPilot: "crowd")?.count == 100_001)
        #expect(shell.live.revision == shell.history.last.revision)
        #expect(try content()?.isSame(as: shell.history.last) == true)
        #expect(try Graveyard.names(in: directory.path("agent")) == [])
    }

    @Test func everythingTakesThePlaceOfWhatWaits() throws {
        let shell = try makeShell(seed: 23)
        try change(shell)
        stage(.whole(shell.history.last), shell)
        try change(shell)
        #expect(commit(shell))
        #expect(try content()?.isSame(as: shell.history.last) == true)
        #expect(shell.live.revision == shell.history.last.revision)
    }
}
