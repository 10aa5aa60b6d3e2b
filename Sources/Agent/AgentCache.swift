import Foundation
import GRDB
import Logging
import Replication
import Synchronization

/// An agent's copy on disk: what it answers from after a restart, with or without a control node.
///
/// SQLite with a write-ahead log. Any number of batches become durable in one transaction, together with the row that
/// says which revision and digest they lead to. At its opening every entry is read and digested again: a cache that
/// isn't exactly what was committed is set aside and begun anew.
///
/// One thread uses it at a time.
final class AgentCache: Sendable {
    static let fileName = "cache.sqlite"

    private let directory: String
    private let environment: String
    private let syncEachCommit: Bool
    private let logger: Logger
    private let mark: CacheMark
    private let queue: Mutex<DatabaseQueue>

    private init(
        _ queue: DatabaseQueue, _ mark: CacheMark, directory: String, environment: String, syncEachCommit: Bool,
        logger: Logger
    ) {
        self.queue = Mutex(queue)
        self.mark = mark
        self.directory = directory
        self.environment = environment
        self.syncEachCommit = syncEachCommit
        self.logger = logger
    }

    /// Opens the cache of a directory and reads what it holds; nil when nothing was committed to it yet.
    static func open(
        in directory: String, environment: String, syncEachCommit: Bool, logger: Logger
    ) throws(AgentError) -> (cache: AgentCache, content: CacheContent?) {
        let path = directory + "/" + fileName
        let mark = try CacheMark(path: directory + "/cache.mark")
        let existed = FileManager.default.fileExists(atPath: path)
        if !existed { mark.clear() }
        let queue: DatabaseQueue
        var content: CacheContent?
        do {
            (queue, content) = try load(path, environment, syncEachCommit, existed ? mark.read() : nil, logger)
        } catch let error {
            let fault = try fault(from: error, path)
            let name = try CacheGraveyard(directory: directory).setAside(fileName)
            logger.error(
                "set the cache aside and begin anew: \(fault)", metadata: ["file": "\(path)", "kept-as": "\(name)"])
            mark.clear()
            do {
                queue = try connect(path, syncEachCommit)
            } catch {
                throw .cacheUnusable(path: path, reason: "\(error)")
            }
        }
        let cache = AgentCache(
            queue, mark, directory: directory, environment: environment, syncEachCommit: syncEachCommit, logger: logger)
        return (cache, content)
    }

    // MARK: Writing

    /// Makes the batches durable, in order, all or none.
    /// - Parameter kept: the last good forms of all entries in quarantine; nil when they are what they were.
    func commit(_ batches: [Batch], kept: [EntryKey: [UInt8]]? = nil) throws {
        guard let last = batches.last else { return }
        let metadata = CacheMetadata(environment: environment, revision: last.revision, digest: last.digest)
        try queue.withLock { queue in
            try queue.write { db in
                let writer = CacheWriter(db)
                for batch in batches { try writer.apply(batch) }
                if let kept { try writer.keep(kept) }
                try metadata.write(db)
            }
        }
        try mark.write(last.revision)
    }

    /// Writes what it holds already, its metadata, once more: throws while the disk takes no writes.
    func probe(_ revision: Revision, _ digest: Digest) throws {
        let metadata = CacheMetadata(environment: environment, revision: revision, digest: digest)
        try queue.withLock { queue in try queue.write { db in try metadata.write(db) } }
    }

    /// SQLite found the file damaged while writing: it is set aside, and an empty one takes its place.
    func beginAnew(because reason: any Error) throws {
        let path = directory + "/" + Self.fileName
        try queue.withLock { queue in
            try? queue.close()
            let name = try CacheGraveyard(directory: directory).setAside(Self.fileName)
            logger.error(
                "set the cache aside and write it anew: \(reason)", metadata: ["file": "\(path)", "kept-as": "\(name)"])
            mark.clear()
            queue = try Self.connect(path, syncEachCommit)
        }
    }

    /// Folds the write-ahead log into the file.
    func close() {
        queue.withLock { queue in
            do {
                try queue.close()
            } catch {
                logger.warning("closing the cache failed: \(error)")
            }
        }
    }

    // MARK: Opening

    private static func connect(_ path: String, _ syncEachCommit: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "agent-cache"
        configuration.journalMode = .wal
        // Every agent writes one file from one thread: nobody waits for anybody.
        configuration.busyMode = .immediateError
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            // NORMAL: commits survive the end of the process, in whatever way, and are synced at each checkpoint. FULL: each
            // commit is synced before it is shown.
            try db.execute(sql: "PRAGMA synchronous = \(syncEachCommit ? "FULL" : "NORMAL")")
            // A large catch-up leaves a large log behind, which a checkpoint then cuts back to this.
            _ = try Int64.fetchOne(db, sql: "PRAGMA journal_size_limit = 16777216")
        }
        try queue.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS meta (
                        id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, environment TEXT NOT NULL,
                        epoch_counter INTEGER NOT NULL, epoch_id INTEGER NOT NULL, number INTEGER NOT NULL,
                        digest TEXT NOT NULL, "check" TEXT NOT NULL);
                    -- Keys, pilots and members are blobs: equal means equal bytes, as in the digest.
                    CREATE TABLE IF NOT EXISTS entries (
                        kind INTEGER NOT NULL, key BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (kind, key));
                    CREATE TABLE IF NOT EXISTS members (
                        pilot BLOB NOT NULL, member BLOB NOT NULL, PRIMARY KEY (pilot, member)) WITHOUT ROWID;
                    -- Last good forms of entries in quarantine, each with the digest's term as its own check.
                    CREATE TABLE IF NOT EXISTS kept (
                        kind INTEGER NOT NULL, key BLOB NOT NULL, bytes BLOB NOT NULL, term TEXT NOT NULL,
                        PRIMARY KEY (kind, key));
                    """)
        }
        return queue
    }

    private static func load(
        _ path: String, _ environment: String, _ syncEachCommit: Bool, _ mark: CacheMark.Reading?, _ logger: Logger
    ) throws -> (DatabaseQueue, CacheContent?) {
        let queue = try connect(path, syncEachCommit)
        do {
            let content = try queue.read { try CacheReader($0).read(environment: environment) }
            try compare(content?.state.revision, with: mark, logger)
            return (queue, content)
        } catch {
            try? queue.close()
            throw error
        }
    }

    private static func compare(_ held: Revision?, with mark: CacheMark.Reading?, _ logger: Logger) throws {
        guard let mark else { return }
        if let held {
            if held.epoch == mark.revision.epoch, held.number >= mark.revision.number { return }
            if held.epoch.counter > mark.revision.epoch.counter { return }
            if !mark.isOfThisBoot {
                logger.notice(
                    "the cache lost its newest commits when the machine went down: starting from what it synced",
                    metadata: ["holds": "\(held)", "had": "\(mark.revision)"])
                return
            }
        }
        throw CacheFault.behindItsMark(holds: held, mark: mark.revision)
    }

    /// What speaks of damage is set aside; what speaks of rights, space or memory is the caller's to mend.
    private static func fault(from error: any Error, _ path: String) throws(AgentError) -> CacheFault {
        if let fault = error as? CacheFault { return fault }
        guard let error = error as? DatabaseError else { throw .cacheUnusable(path: path, reason: "\(error)") }
        switch error.resultCode {
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_FULL, .SQLITE_NOMEM, .SQLITE_BUSY,
            .SQLITE_LOCKED:
            throw .cacheUnusable(path: path, reason: error.message ?? "\(error)")
        default: return .unreadable(error.message ?? "\(error)")
        }
    }

    /// Does the error say that the file is damaged, so that trying again can't help?
    static func isDamage(_ error: any Error) -> Bool {
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_CORRUPT?, .SQLITE_NOTADB?, .SQLITE_SCHEMA?, .SQLITE_CONSTRAINT?, .SQLITE_MISMATCH?: true
        default: false
        }
    }
}
