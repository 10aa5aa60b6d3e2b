import Flags
import Foundation
import GRDB
import JSON
import Releases
import Replication

/// The control node's state on disk: an SQLite file with a write-ahead log, synced at each commit, so that what was
/// committed survives `kill -9` and power loss. One thread writes; others read through a `StoreReader`.
package final class ControlStore: Sendable {
    package let path: String
    private let queue: DatabaseQueue

    /// A store's name in its data directory.
    static let fileName = "control.sqlite"

    /// Opens the store of a data directory, or makes one with the environment `production`.
    package convenience init(directory: String, clock: UInt64) throws(ControlError) {
        try self.init(path: directory + "/" + Self.fileName, clock: clock)
    }

    /// - Parameter creating: an empty file becomes a store; otherwise it is refused.
    init(path: String, creating: Bool = true, clock: UInt64) throws(ControlError) {
        self.path = path
        do {
            let level = try Self.synchronousLevel(ProcessInfo.processInfo.environment["PILOTLIGHT_TEST_SYNCHRONOUS"])
            queue = try DatabaseQueue(path: path, configuration: Self.configuration())
            try queue.inDatabase { db in
                // FULL: every commit syncs the write-ahead log. A change is acknowledged after that and not before.
                // Here and not where the connection is prepared: GRDB says NORMAL after that when it turns to WAL.
                try db.execute(sql: "PRAGMA synchronous = \(level)")
                try Self.prepare(db, path: path, creating: creating, clock: clock)
            }
        } catch let error as ControlError {
            throw error
        } catch {
            throw Self.wrap(error, path)
        }
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.prepareDatabase { db in
            // Where a disk's cache has to be told to write through (not on Linux, where fsync does that).
            try db.execute(sql: "PRAGMA fullfsync = 1")
            try db.execute(sql: "PRAGMA checkpoint_fullfsync = 1")
            // Checkpoints are ours (`checkpoint`): after changes were acknowledged instead of within a commit.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            // What a large group left behind is cut off at the next checkpoint.
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
        }
        return configuration
    }

    /// For tests alone: they show that the promise about power loss is kept by the sync and not by luck, by taking it away.
    static func synchronousLevel(_ text: String?) throws(ControlError) -> String {
        guard let text else { return "FULL" }
        let level = text.uppercased()
        guard ["OFF", "NORMAL", "FULL", "EXTRA"].contains(level) else { throw .unknownSynchronousLevel(text) }
        return level
    }

    private static func prepare(_ db: Database, path: String, creating: Bool, clock: UInt64) throws {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let format = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if tables == 0, application == 0 {
            guard creating else { throw ControlError.damagedStore(path: path, detail: "there is nothing in it") }
            try db.inTransaction {
                try StoreSchema.create(db)
                try insertEnvironment(
                    db, "production", .v2, Epoch(counter: 1, id: UInt64.random(in: 1...UInt64.max)), time: clock,
                    actor: "pilotlight", message: "made with the data directory")
                return .commit
            }
            return
        }
        guard application == StoreSchema.applicationID else { throw ControlError.foreignStore(path: path) }
        guard format <= StoreSchema.format else {
            throw ControlError.newerStore(path: path, format: format, known: StoreSchema.format)
        }
        guard format >= StoreSchema.oldestUpgraded else {
            throw ControlError.olderStore(path: path, format: format, known: StoreSchema.format)
        }
        guard format < StoreSchema.format else { return }
        try db.inTransaction(.immediate) {
            try StoreSchema.upgrade(db)
            return .commit
        }
    }

    private static func insertEnvironment(
        _ db: Database, _ name: String, _ bucketing: Bucketing, _ epoch: Epoch, time: UInt64, actor: String,
        message: String
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO environments (name, bucketing, epoch_counter, epoch_id, number, digest, created)
                VALUES (?, ?, ?, ?, 0, ?, ?)
                """,
            arguments: [
                name, bucketing.rawValue, Int64(bitPattern: epoch.counter), Int64(bitPattern: epoch.id),
                Digest.empty.description, Int64(clamping: time),
            ])
        try insertRevision(
            db, db.lastInsertedRowID, Revision(epoch: epoch, number: 0), digest: .empty, time: time, actor: actor,
            message: message)
    }

    /// A revision without a delta.
    private static func insertRevision(
        _ db: Database, _ environment: Int64, _ revision: Revision, digest: Digest, time: UInt64, actor: String,
        message: String
    ) throws {
        try db.execute(
            sql: "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            arguments: [
                environment, Int64(bitPattern: revision.number), Int64(bitPattern: revision.epoch.counter),
                Int64(bitPattern: revision.epoch.id), Int64(clamping: time), actor, message, digest.description,
            ])
    }

    // MARK: Writing

    /// Stores a group of revisions, records, announcements, answered requests and agent records in one transaction: all of
    /// it, on disk, or nothing.
    func write(
        _ rows: [LogRow], records: [RecordRow] = [], announcements: [StoredAnnouncement] = [],
        requests: [AnsweredRequest] = [], agents: [AgentRow] = [], time: ReleaseTime? = nil
    ) throws(ControlError) {
        try transaction { db in
            let writer = StoreWriter(db)
            if let time { try writer.write(time) }
            for row in rows { try writer.write(row) }
            for row in records { try writer.write(row) }
            for announcement in announcements { try writer.write(announcement) }
            for request in requests { try writer.write(request) }
            var last: [Int64: Delta] = [:]
            for row in rows { last[row.environment] = row.delta }
            for (environment, delta) in last { try writer.moveHead(environment, delta) }
            for agent in agents { try writer.write(agent) }
        }
    }

    func createEnvironment(
        _ name: String, _ bucketing: Bucketing, epoch: Epoch, time: UInt64, actor: String, message: String
    ) throws(ControlError) -> EnvironmentState {
        let empty = ReplicatedState(revision: Revision(epoch: epoch, number: 0))
        var log = NumberedLog(empty)
        // What agents have to know from the start travels as the first revision; the usual needs no words.
        if bucketing != .v2 {
            let settings = EnvironmentSettings(bucketing: bucketing).storedBytes
            _ = try? log.stage([.put(.settings, settings)], time: time)
        }
        let staged = log.stagedDeltas
        let id = try transaction { db in
            try Self.insertEnvironment(db, name, bucketing, epoch, time: time, actor: actor, message: message)
            let id = try Int64.fetchOne(db, sql: "SELECT id FROM environments WHERE name = ?", arguments: [name]) ?? 0
            let writer = StoreWriter(db)
            for delta in staged {
                try writer.write(
                    LogRow(
                        environment: id, delta: delta, bytes: delta.encoded(), actor: actor,
                        message: message.isEmpty ? "bucketing \(bucketing.rawValue)" : message,
                        touched: Touch.all(of: delta.changes, on: empty), created: [.settings], deleted: []))
                try writer.moveHead(id, delta)
            }
            return id
        }
        _ = log.commit()
        return EnvironmentState(id: id, name: name, bucketing: bucketing, log: log)
    }

    func beginEpoch(
        _ environment: Int64, _ revision: Revision, digest: Digest, time: UInt64, actor: String, message: String
    ) throws(ControlError) {
        try transaction { db in
            try db.execute(
                sql: """
                    UPDATE environments SET epoch_counter = ?, epoch_id = ?, number = ?, blocked = NULL WHERE id = ?
                    """,
                arguments: [
                    Int64(bitPattern: revision.epoch.counter), Int64(bitPattern: revision.epoch.id),
                    Int64(bitPattern: revision.number), environment,
                ])
            try Self.insertRevision(
                db, environment, revision, digest: digest, time: time, actor: actor, message: message)
        }
    }

    func block(_ environment: Int64, _ divergence: Divergence, since: UInt64) throws(ControlError) {
        try transaction { db in
            try db.execute(
                sql: "UPDATE environments SET blocked = ? WHERE id = ?",
                arguments: [divergence.json(since: since).compactText(), environment])
        }
    }

    /// Every announcement up to this one was taken by the reader of that name.
    func move(_ reader: AnnouncementReader, to sequence: Int64) throws(ControlError) {
        try transaction { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO positions VALUES (?, ?)", arguments: [reader.rawValue, sequence])
        }
    }

    /// Moves what the write-ahead log holds into the file; with `emptying`, cuts the log off as well. A checkpoint that
    /// can't be made now costs nothing but a longer log: the next one does its work too.
    func checkpoint(emptying: Bool = false) {
        try? queue.inDatabase { db in
            try db.execute(sql: "PRAGMA wal_checkpoint(\(emptying ? "TRUNCATE" : "PASSIVE"))")
        }
    }

    /// The request that was answered under this key; nil when none was, or too long ago.
    func answered(_ environment: Int64, key: String, now: UInt64) throws(ControlError) -> AnsweredRequest? {
        do {
            return try queue.inDatabase { try StoreRows($0, path: path).answered(environment, key: key, now: now) }
        } catch {
            throw Self.wrap(error, path)
        }
    }

    /// Moves what a store's write-ahead log holds into its file, and removes the log. Nobody may have it open.
    static func foldLog(_ path: String) throws {
        let queue = try DatabaseQueue(path: path, configuration: configuration())
        try queue.inDatabase { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try queue.close()
    }

    /// Deletes history that is no longer kept, and requests that nobody repeats any more, so much at a time that changes
    /// don't wait for long.
    ///
    /// - Parameter hasWebhook: somebody waits for what is announced.
    func trim(_ keep: HistoryKeep, hasWebhook: Bool = true, now: UInt64) throws(ControlError) -> Trimmed {
        try transaction { db in try StoreTrimmer(db).trim(keep, hasWebhook: hasWebhook, now: now) }
    }

    private func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) throws(ControlError) -> Value {
        do {
            return try queue.writeWithoutTransaction { db in
                var value: Value?
                try db.inTransaction(.immediate) {
                    value = try body(db)
                    return .commit
                }
                guard let value else { throw ControlError.store(path: path, reason: "a transaction without a result") }
                return value
            }
        } catch let error as ControlError {
            throw error
        } catch {
            throw Self.wrap(error, path)
        }
    }

    // MARK: Loading

    /// Reads everything and checks it: the digest of what was read must be the stored one.
    package func load() throws(ControlError) -> LoadedStore {
        do {
            return try queue.inDatabase { db in try StoreLoader(db, path: path).load() }
        } catch let error as ControlError {
            throw error
        } catch {
            throw Self.wrap(error, path)
        }
    }

    package func close() { try? queue.close() }

    static func wrap(_ error: any Error, _ path: String) -> ControlError {
        guard let error = error as? DatabaseError else { return .store(path: path, reason: "\(error)") }
        return switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            .damagedStore(path: path, detail: error.message ?? "SQLite can't read it")
        default: .store(path: path, reason: error.message ?? "\(error)")
        }
    }
}
