import Foundation
import GRDB
import Glibc
import Harness
import Replication
import Synchronization
import Testing

@testable import Agent

@Suite struct CacheDamageTests {
    private let directory: TemporaryDirectory
    private let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    private func open(
        _ path: String? = nil, environment: String = "production"
    ) throws -> (cache: AgentCache, state: ReplicatedState?) {
        let (cache, content) = try AgentCache.open(
            in: path ?? directory.path, environment: environment, syncEachCommit: false, logger: log.logger)
        return (cache, content?.state)
    }

    /// Files as a process leaves them that ends without closing: part in the database, part in its write-ahead log.
    private func leftBehind(seed: UInt64) throws -> (image: String, history: History) {
        var history = History(seed: seed)
        history.grow(by: 60)
        let work = directory.path("work-\(seed)")
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let (first, _) = try open(work)
        try first.commit(Array(history.batches.prefix(40)))
        first.close()
        let (second, _) = try open(work)
        for batch in history.batches.dropFirst(40) { try second.commit([batch]) }
        let image = directory.path("image-\(seed)")
        try TemporaryDirectory.copy(work, to: image)
        second.close()
        return (image, history)
    }

    @Test func theImageIsSoundAndHasALog() throws {
        let (image, history) = try leftBehind(seed: 1)
        let size = try FileManager.default.attributesOfItem(atPath: image + "/cache.sqlite-wal")[.size] as? Int
        #expect(size ?? 0 > 4_096)
        #expect(try open(image).state?.isSame(as: history.last) == true)
        #expect(try Graveyard.names(in: image) == [])
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func aFlippedByteIsNoticedOrHarmless(seed: UInt64) throws {
        let (image, history) = try leftBehind(seed: 100 + seed)
        var random = SplitMix64(seed: seed)
        let file = image + (seed % 5 < 2 ? "/cache.sqlite-wal" : seed % 5 < 4 ? "/cache.sqlite" : "/cache.mark")
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] ^= UInt8.random(in: 1...255, using: &random)
        try Data(bytes).write(to: URL(fileURLWithPath: file))

        let (cache, state) = try open(image)
        if let state {
            // Nothing in between: no other content, no older revision.
            #expect(state.isSame(as: history.last), "byte \(place) of \(file)")
            #expect(try Graveyard.names(in: image) == [])
        } else {
            #expect(try Graveyard.names(in: image).count == 1)
            #expect(log.contains("set the cache aside"))
        }
        // Either way it goes on from here.
        try cache.commit([.whole(history.last)])
        cache.close()
        #expect(try open(image).state?.isSame(as: history.last) == true)
    }

    @Test(arguments: ["cache.sqlite", "cache.sqlite-wal"], [0.0, 0.1, 0.5, 0.9, 0.999])
    func aTruncatedFileIsNoticedOrHarmless(file: String, share: Double) throws {
        let (image, history) = try leftBehind(seed: 2)
        let path = image + "/" + file
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.prefix(Int(Double(bytes.count) * share)).write(to: URL(fileURLWithPath: path))
        let state = try open(image).state
        if let state { #expect(state.isSame(as: history.last)) }
        #expect(try Graveyard.names(in: image).count == (state == nil ? 1 : 0))
    }

    @Test func aLostLogIsNoticed() throws {
        let (image, _) = try leftBehind(seed: 3)
        try FileManager.default.removeItem(atPath: image + "/cache.sqlite-wal")
        #expect(try open(image).state == nil)
        #expect(log.contains("but revision 60@1.0000000000000007 had been committed"))
    }

    @Test func afterAPowerLossAnOlderStateIsTaken() throws {
        let (image, history) = try leftBehind(seed: 4)
        try FileManager.default.removeItem(atPath: image + "/cache.sqlite-wal")
        // The mark of another start of the machine: the same revision, another boot id, a matching check.
        let mark = try #require(try ForeignBootMark.make(from: image + "/cache.mark"))
        try mark.write(to: URL(fileURLWithPath: image + "/cache.mark"))
        #expect(try open(image).state?.isSame(as: history.states[40]) == true)
        #expect(log.contains("lost its newest commits"))
    }

    @Test func whatIsNoDatabaseIsSetAside() throws {
        _ = try directory.write("cache.sqlite", "This is no database. " + String(repeating: "x", count: 9_000))
        #expect(try open().state == nil)
        #expect(try Graveyard.names(in: directory.path).count == 1)
        #expect(log.contains("error: set the cache aside and begin anew: it can't be read"))
        #expect(log.contains("cache.sqlite"))
    }

    @Test func anotherEnvironmentsCacheIsSetAside() throws {
        var history = History(seed: 7)
        history.grow(by: 10)
        let (cache, _) = try open(environment: "staging")
        try cache.commit(history.batches)
        cache.close()
        #expect(try open(environment: "production").state == nil)
        #expect(log.contains(#"it belongs to environment "staging", this agent to "production""#))
        #expect(try Graveyard.names(in: directory.path).count == 1)
    }

    @Test(arguments: [
        "UPDATE meta SET format = 2", "DELETE FROM meta", "UPDATE meta SET number = number + 1",
        "UPDATE meta SET epoch_counter = 2", "UPDATE meta SET digest = replace(digest, '1', '2')",
        "UPDATE meta SET environment = 'staging'", "DROP TABLE meta", "DROP TABLE members",
        "DELETE FROM entries WHERE rowid = (SELECT min(rowid) FROM entries)",
        "UPDATE entries SET bytes = zeroblob(4) WHERE rowid = (SELECT max(rowid) FROM entries)",
        "UPDATE entries SET key = 'text' WHERE rowid = (SELECT max(rowid) FROM entries)",
        "UPDATE entries SET kind = 300 WHERE rowid = (SELECT max(rowid) FROM entries)",
        "INSERT INTO members VALUES (CAST('staff' AS BLOB), CAST('mallory' AS BLOB))",
        "INSERT INTO members VALUES (x'FF', x'FE')",
        "UPDATE meta SET number = 'many'",
    ])
    func whatWasNeverCommittedIsNeverBelieved(sql: String) throws {
        var history = History(seed: 8)
        history.grow(by: 30)
        let (cache, _) = try open()
        try cache.commit(history.batches)
        cache.close()
        let queue = try DatabaseQueue(path: directory.path("cache.sqlite"))
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
        #expect(try open().state == nil)
        #expect(try Graveyard.names(in: directory.path).count == 1)
        #expect(log.count(of: "set the cache aside") == 1)
    }

    @Test func threeDamagedCachesAreKept() throws {
        for round in 0..<6 {
            let text = "no database, round \(round)" + String(repeating: ".", count: 2_000)
            _ = try directory.write("cache.sqlite", text)
            let (cache, state) = try open()
            #expect(state == nil)
            cache.close()
            try FileManager.default.removeItem(atPath: directory.path("cache.sqlite"))
        }
        let names = try Graveyard.names(in: directory.path)
        #expect(names.count == 3)
        let texts = try names.map { try String(contentsOfFile: directory.path($0), encoding: .utf8).prefix(21) }
        #expect(texts == ["no database, round 3.", "no database, round 4.", "no database, round 5."])
    }

    @Test func aDirectoryThatMayNotBeWrittenIsAnErrorNotDamage() throws {
        // A directory in the cache's place can neither be read as a database nor be damage.
        try FileManager.default.createDirectory(
            atPath: directory.path("cache.sqlite"), withIntermediateDirectories: true)
        let error = #expect(throws: AgentError.self) { _ = try open() }
        guard case .cacheUnusable? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try Graveyard.names(in: directory.path) == [])
    }

    /// Files copied at any moment of a writing process, as `kill -9` would leave them, hold one of its revisions: the
    /// marked one or a later one.
    @Test func filesOfAnyMomentHoldACommittedRevision() async throws {
        var history = History(seed: 9)
        history.grow(by: 300)
        let work = directory.path("work")
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let (cache, _) = try open(work)
        let batches = history.batches
        // The writer may go on by ten commits with each copy that is begun, so that they fall into the copying.
        let pace = Pace()
        async let writing: Void = onThread {
            for (index, batch) in batches.enumerated() {
                while index >= pace.limit.load(ordering: .acquiring) { usleep(20) }
                try cache.commit([batch])
            }
        }
        var images: [String] = []
        for copy in 0..<batches.count / 10 {
            pace.limit.wrappingAdd(10, ordering: .releasing)
            // At least one commit of those that were allowed before.
            while try Self.number(work + "/cache.mark") < copy * 10 { usleep(20) }
            let image = directory.path("image-\(copy)")
            try FileManager.default.createDirectory(atPath: image, withIntermediateDirectories: true)
            for file in Self.files { try? TemporaryDirectory.copy(work + "/" + file, to: image + "/" + file) }
            // A copy is of one moment if the log only grew meanwhile: it wasn't folded into the file and begun anew.
            let isOfOneMoment = ["cache.sqlite", "cache.sqlite-wal"].allSatisfy { file in
                Self.start(of: image + "/" + file, file) == Self.start(of: work + "/" + file, file)
            }
            if isOfOneMoment { images.append(image) }
        }
        try await writing
        cache.close()
        var seen: Set<UInt64> = []
        for image in images {
            let mark = try Self.number(image + "/cache.mark")
            guard let state = try open(image).state else {
                #expect(mark == 0, "\(log.all.last ?? "")")
                continue
            }
            #expect(state.revision.number >= mark)
            #expect(state.isSame(as: history.states[Int(state.revision.number)]))
            seen.insert(state.revision.number)
        }
        #expect(seen.count > 5)
        #expect(log.all == [])
    }

    private static let files = ["cache.mark", "cache.sqlite", "cache.sqlite-wal"]

    /// The whole database; of a log its header, whose salt changes when it begins anew.
    private static func start(of path: String, _ file: String) -> Data? {
        let data = try? Data(contentsOf: URL(fileURLWithPath: path))
        return file.hasSuffix("-wal") ? data?.prefix(32) : data
    }

    private static func number(_ path: String) throws -> UInt64 {
        try CacheMark(path: path).read()?.revision.number ?? 0
    }
}

/// How far a writer may go.
private final class Pace: Sendable {
    let limit = Atomic<Int>(0)
}
