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
        var state = ReplicatedState(revision: metadata.revision)
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

    private func readMembers(into state: inout ReplicatedState) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT pilot, member FROM members ORDER BY pilot, member")
        var pilot: [UInt8]?
        var members: [String] = []
        func flush() throws {
            guard let pilot, !members.isEmpty else { return }
            guard let name = String(validating: pilot, as: UTF8.self) else {
                throw CacheFault.unreadable("a pilot group's name isn't UTF-8")
            }
            state.apply(.addMembers(pilot: name, members))
        }
        while let row = try rows.next() {
            let isSame = try row.withUnsafeData(atIndex: 0) { data in
                guard let data, let pilot else { return false }
                return data.elementsEqual(pilot)
            }
            if !isSame {
                try flush()
                pilot = try bytes(row, 0)
                members.removeAll(keepingCapacity: true)
            }
            members.append(try text(row, 1))
        }
        try flush()
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
