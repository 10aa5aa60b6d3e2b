import struct Crypto.SHA256
import Foundation
import GRDB
import Replication

/// The one row that says what a cache holds, with a check over itself.
struct CacheMetadata: Sendable, Hashable {
    /// Raised when a cache can't be read by the version before.
    static let knownFormat: Int64 = 1

    var environment: String
    var revision: Revision
    var digest: Digest

    /// Reads and checks the row; nil when nothing was committed yet.
    static func read(_ db: Database, environment: String) throws -> CacheMetadata? {
        // The format first and alone: of a newer one nothing else is known.
        let formats = try Int64.fetchAll(db, sql: "SELECT format FROM meta LIMIT 2")
        guard let format = formats.first else { return nil }
        guard formats.count == 1 else { throw CacheFault.metadataDamaged("it has several rows of metadata") }
        guard format <= knownFormat else { throw CacheFault.newerFormat(found: format, known: knownFormat) }
        guard format == knownFormat else { throw CacheFault.metadataDamaged("format \(format) never was") }
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT environment, epoch_counter, epoch_id, number, digest, \"check\" FROM meta"),
            let name: String = value(row, 0), let counter: Int64 = value(row, 1), let id: Int64 = value(row, 2),
            let number: Int64 = value(row, 3), let text: String = value(row, 4), let digest = Digest(text),
            let check: String = value(row, 5)
        else { throw CacheFault.metadataDamaged("a member of the row isn't what it should be") }
        let metadata = CacheMetadata(
            environment: name,
            revision: Revision(
                epoch: Epoch(counter: UInt64(bitPattern: counter), id: UInt64(bitPattern: id)),
                number: UInt64(bitPattern: number)),
            digest: digest)
        guard metadata.check == check else { throw CacheFault.metadataDamaged("the check over the row doesn't match") }
        guard name == environment else { throw CacheFault.otherEnvironment(found: name, expected: environment) }
        return metadata
    }

    func write(_ db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            Self.knownFormat, environment, Int64(bitPattern: revision.epoch.counter),
            Int64(bitPattern: revision.epoch.id), Int64(bitPattern: revision.number), digest.description, check,
        ])
    }

    /// SHA-256 over everything the row says, as hexadecimal digits.
    private var check: String {
        let text = "pilotlight cache\n\(Self.knownFormat)\n\(environment)\n\(revision)\n\(digest)"
        return SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    private static func value<Value: DatabaseValueConvertible>(_ row: Row, _ index: Int) -> Value? {
        let stored: DatabaseValue = row[index]
        return Value.fromDatabaseValue(stored)
    }
}
