import Flags
import Foundation
import GRDB
import Replication

/// What a cache holds.
struct CacheContent: Sendable {
    var state: ReplicatedState
    /// Last good forms of entries that couldn't be compiled.
    var kept: [EntryKey: [UInt8]]
}

/// Reads a cache whole, and believes nothing that the digest doesn't bear out.
struct CacheReader {
    private let db: Database

    init(_ db: Database) { self.db = db }

    /// Nil when nothing was committed yet.
    func read(environment: String) throws -> CacheContent? {
        guard let metadata = try CacheMetadata.read(db, environment: environment) else {
            let rows = try Int64.fetchOne(
                db, sql: "SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM members)")
            guard rows == 0 else { throw CacheFault.metadataDamaged("it holds entries, but no row of metadata") }
            return nil
        }
        var state = ReplicatedState(revision: metadata.revision, keeping: .hashes)
        try readEntries(into: &state)
        try readMembers(into: &state)
        guard state.digest == metadata.digest else {
            throw CacheFault.digestDiffers(
                revision: metadata.revision, recorded: metadata.digest, found: state.digest)
        }
        return CacheContent(state: state, kept: try readKept())
    }

    /// A form whose check doesn't match is left out: then the entry has none, as on an agent that never had one.
    private func readKept() throws -> [EntryKey: [UInt8]] {
        var kept: [EntryKey: [UInt8]] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT kind, key, bytes, term FROM kept")
        while let row = try rows.next() {
            let key = EntryKey(try kind(row, 0), try text(row, 1))
            let bytes = try bytes(row, 2)
            let stored: DatabaseValue = row[3]
            guard String.fromDatabaseValue(stored) == Digest.term(of: key, bytes: bytes).description else { continue }
            kept[key] = bytes
        }
        return kept
    }

    private func readEntries(into state: inout ReplicatedState) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT kind, key, bytes FROM entries")
        while let row = try rows.next() {
            state.apply(.put(EntryKey(try kind(row, 0), try text(row, 1)), try bytes(row, 2)))
        }
    }

    /// Group by group and row by row, never a list of members.
    private func readMembers(into state: inout ReplicatedState) throws {
        var pilot = try Row.fetchOne(db, sql: "SELECT pilot FROM members ORDER BY pilot LIMIT 1")
        while let row = pilot {
            let name = try text(row, 0)
            state.put(try members(of: name), ofPilot: name)
            pilot = try Row.fetchOne(
                db, sql: "SELECT pilot FROM members WHERE pilot > ? ORDER BY pilot LIMIT 1",
                arguments: [Data(name.utf8)])
        }
    }

    private func members(of pilot: String) throws -> PilotMembers {
        var builder = PilotMembersBuilder(pilot: pilot)
        let rows = try Row.fetchCursor(
            db, sql: "SELECT member FROM members WHERE pilot = ?", arguments: [Data(pilot.utf8)])
        while let row = try rows.next() {
            try row.withUnsafeData(atIndex: 0) { data in
                guard let data else { throw CacheFault.unreadable("a member isn't the blob it should be") }
                data.withUnsafeBytes { builder.add($0) }
            }
        }
        return builder.built()
    }

    private func kind(_ row: Row, _ index: Int) throws -> EntryKind {
        let stored: DatabaseValue = row[index]
        guard let number = Int64.fromDatabaseValue(stored), let kind = UInt8(exactly: number) else {
            throw CacheFault.unreadable("an entry's kind isn't one")
        }
        return EntryKind(rawValue: kind)
    }

    private func bytes(_ row: Row, _ index: Int) throws -> [UInt8] {
        let stored: DatabaseValue = row[index]
        switch stored.storage {
        case .blob(let data): return Array(data)
        default: throw CacheFault.unreadable("a column isn't the blob it should be")
        }
    }

    private func text(_ row: Row, _ index: Int) throws -> String {
        guard let text = String(validating: try bytes(row, index), as: UTF8.self) else {
            throw CacheFault.unreadable("a key isn't UTF-8")
        }
        return text
    }
}
