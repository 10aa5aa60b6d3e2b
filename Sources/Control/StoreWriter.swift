import Foundation
import GRDB
import Releases
import Replication

/// Writes revisions inside a transaction. Statements are compiled once per connection.
struct StoreWriter {
    private let db: Database

    init(_ db: Database) { self.db = db }

    func write(_ row: ControlStore.LogRow) throws {
        let revision = row.delta.revision
        // No OR REPLACE: a number that is there already must fail the transaction.
        try run(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                row.environment, Int64(bitPattern: revision.number), Int64(bitPattern: revision.epoch.counter),
                Int64(bitPattern: revision.epoch.id), Int64(clamping: row.delta.time), row.actor, row.message,
                StoredBytes(row.bytes), row.delta.digest.description,
            ])
        for touch in row.touched {
            try run(
                "INSERT INTO touched VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    row.environment, Int64(touch.key.kind.rawValue), touch.key.name,
                    Int64(bitPattern: revision.number), touch.before.map { StoredBytes($0) }, touch.membersBefore,
                    touch.droppedBytes.map { StoredBytes($0) },
                ])
        }
        for change in row.delta.changes { try apply(change, row.environment) }
        for key in row.deleted {
            try run(
                "DELETE FROM sets WHERE environment = ? AND kind = ? AND key = ?",
                [row.environment, Int64(key.kind.rawValue), key.name])
        }
        guard let set = row.set else { return }
        for key in row.created {
            try run(
                "INSERT OR IGNORE INTO sets VALUES (?, ?, ?, ?)",
                [row.environment, set, Int64(key.kind.rawValue), key.name])
        }
    }

    /// Moves an environment to the last delta of a group.
    func moveHead(_ environment: Int64, _ delta: Delta) throws {
        try run(
            "UPDATE environments SET number = ?, digest = ? WHERE id = ?",
            [Int64(bitPattern: delta.revision.number), delta.digest.description, environment])
    }

    func write(_ row: ControlStore.RecordRow) throws {
        let record = row.record
        if let bytes = record.bytes {
            try run(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
                [row.environment, record.kind.rawValue, record.name, StoredBytes(bytes)])
        } else {
            try run(
                "DELETE FROM records WHERE environment = ? AND kind = ? AND name = ?",
                [row.environment, record.kind.rawValue, record.name])
        }
    }

    /// Its sequence is given by the table.
    func write(_ announcement: StoredAnnouncement) throws {
        // No OR IGNORE: an event that was told already must fail the transaction.
        try run(
            "INSERT INTO announcements (environment, id, release, kind, time, body) VALUES (?, ?, ?, ?, ?, ?)",
            [
                announcement.environment, announcement.id, announcement.release, announcement.kind,
                announcement.time, StoredBytes(announcement.body),
            ])
    }

    func write(_ request: AnsweredRequest) throws {
        // OR REPLACE: a key that was used too long ago to count may be used anew.
        try run(
            "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                request.environment, request.key, request.fingerprint,
                Int64(bitPattern: request.revision.epoch.counter), Int64(bitPattern: request.revision.epoch.id),
                Int64(bitPattern: request.revision.number), request.published, Int64(clamping: request.time),
            ])
    }

    func write(_ time: ReleaseTime) throws {
        try run("INSERT OR REPLACE INTO clock VALUES (1, ?, ?)", [time.wall, time.steady])
    }

    func write(_ agent: ControlStore.AgentRow) throws {
        if let record = agent.record {
            try run(
                "INSERT OR REPLACE INTO agents VALUES (?, ?, ?)", [agent.environment, agent.id, StoredBytes(record)])
        } else {
            try run("DELETE FROM agents WHERE environment = ? AND id = ?", [agent.environment, agent.id])
        }
    }

    private func apply(_ change: EntryChange, _ environment: Int64) throws {
        switch change {
        case .put(let key, let bytes):
            try run(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)",
                [environment, Int64(key.kind.rawValue), key.name, StoredBytes(bytes)])
        case .delete(let key):
            try run(
                "DELETE FROM entries WHERE environment = ? AND kind = ? AND name = ?",
                [environment, Int64(key.kind.rawValue), key.name])
            if key.kind == .pilot { try dropMembers(environment, key.name) }
        case .addMembers(let pilot, let members):
            for member in members {
                try run("INSERT OR IGNORE INTO members VALUES (?, ?, ?)", [environment, pilot, member])
            }
        case .removeMembers(let pilot, let members):
            for member in members {
                try run(
                    "DELETE FROM members WHERE environment = ? AND pilot = ? AND member = ?",
                    [environment, pilot, member])
            }
        case .replaceMembers(let pilot, let members):
            try dropMembers(environment, pilot)
            try apply(.addMembers(pilot: pilot, members), environment)
        }
    }

    private func dropMembers(_ environment: Int64, _ pilot: String) throws {
        try run("DELETE FROM members WHERE environment = ? AND pilot = ?", [environment, pilot])
    }

    private func run(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws {
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(values))
    }
}

/// Bytes as an SQLite blob.
struct StoredBytes: DatabaseValueConvertible {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> StoredBytes? {
        Data.fromDatabaseValue(value).map { StoredBytes(Array($0)) }
    }
}
