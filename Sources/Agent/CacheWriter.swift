import Flags
import Foundation
import GRDB
import HashTreeCollections
import JSON
import Replication

/// Writes changes inside a transaction. Each statement is compiled once per connection.
struct CacheWriter {
    private let db: Database

    init(_ db: Database) { self.db = db }

    func apply(_ changes: [EntryChange]) throws {
        for change in changes { try apply(change) }
    }

    func replaceAll(with state: ReplicatedState) throws {
        try run("DELETE FROM entries", [])
        try run("DELETE FROM members", [])
        for (key, entry) in state.entries { try apply(.put(key, entry.bytes)) }
        for (pilot, group) in state.pilots { try insert(group.members.names.lazy.map(\.text), into: pilot) }
    }

    /// Writes the last good forms in place of those that are there.
    func keep(_ forms: [EntryKey: [UInt8]]) throws {
        try run("DELETE FROM kept", [])
        for (key, bytes) in forms {
            try run(
                "INSERT INTO kept VALUES (?, ?, ?, ?)",
                [
                    Int64(key.kind.rawValue), Data(key.name.utf8), Data(bytes),
                    Digest.term(of: key, bytes: bytes).description,
                ])
        }
    }

    private func apply(_ change: EntryChange) throws {
        switch change {
        case .put(let key, let bytes):
            try run(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                [Int64(key.kind.rawValue), Data(key.name.utf8), Data(bytes)])
        case .delete(let key):
            try run("DELETE FROM entries WHERE kind = ? AND key = ?", [Int64(key.kind.rawValue), Data(key.name.utf8)])
            if key.kind == .pilot { try removeAll(of: key.name) }
        case .addMembers(let pilot, let members): try insert(members, into: pilot)
        case .removeMembers(let pilot, let members):
            let name = Data(pilot.utf8)
            for member in members {
                try run("DELETE FROM members WHERE pilot = ? AND member = ?", [name, Data(member.utf8)])
            }
        case .replaceMembers(let pilot, let members):
            try removeAll(of: pilot)
            try insert(members, into: pilot)
        }
    }

    private func insert(_ members: some Sequence<String>, into pilot: String) throws {
        let name = Data(pilot.utf8)
        let statement = try db.cachedStatement(sql: "INSERT OR IGNORE INTO members VALUES (?, ?)")
        for member in members {
            // Unchecked: the count of the arguments is plain to see, and this runs a million times for a large group.
            statement.setUncheckedArguments([name, Data(member.utf8)])
            try statement.execute()
        }
    }

    private func removeAll(of pilot: String) throws {
        try run("DELETE FROM members WHERE pilot = ?", [Data(pilot.utf8)])
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: arguments)
    }
}
