import Foundation
import GRDB
import JSON
import Replication

/// Writes changes inside a transaction. Each statement is compiled once per connection.
struct CacheWriter {
    private let db: Database

    init(_ db: Database) { self.db = db }

    func apply(_ batch: Batch) throws {
        if batch.isWhole {
            try run("DELETE FROM entries", [])
            try run("DELETE FROM members", [])
        }
        var rest = batch.changes[...]
        while let change = rest.popFirst() { try apply(change, before: &rest) }
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

    /// - Parameter rest: what follows; of that, further members of the same group are taken along.
    private func apply(_ change: EntryChange, before rest: inout ArraySlice<EntryChange>) throws {
        switch change {
        case .put(let key, let bytes):
            try run(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                [Int64(key.kind.rawValue), Data(key.name.utf8), Data(bytes)])
        case .delete(let key):
            try run("DELETE FROM entries WHERE kind = ? AND key = ?", [Int64(key.kind.rawValue), Data(key.name.utf8)])
            if key.kind == .pilot { try removeAll(of: key.name) }
        case .addMembers(let pilot, let members): try insert([members] + Self.more(of: pilot, &rest), into: pilot)
        case .replaceMembers(let pilot, let members):
            try removeAll(of: pilot)
            try insert([members] + Self.more(of: pilot, &rest), into: pilot)
        case .removeMembers(let pilot, let members):
            let name = Data(pilot.utf8)
            for member in members {
                try run("DELETE FROM members WHERE pilot = ? AND member = ?", [name, Data(member.utf8)])
            }
        }
    }

    /// A large group comes in many pieces.
    private static func more(of pilot: String, _ rest: inout ArraySlice<EntryChange>) -> [[String]] {
        var more: [[String]] = []
        while case .addMembers(let next, let members)? = rest.first, next.isExactly(pilot) {
            more.append(members)
            rest.removeFirst()
        }
        return more
    }

    /// In the order of the table: a million in any other would read and write each of its pages again and again.
    private func insert(_ members: [[String]], into pilot: String) throws {
        let name = Data(pilot.utf8)
        let statement = try db.cachedStatement(sql: "INSERT OR IGNORE INTO members VALUES (?, ?)")
        try SortedNames(members).forEach { member in
            // Unchecked: the count of the arguments is plain to see, and this runs a million times for a large group.
            statement.setUncheckedArguments([name, member])
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
