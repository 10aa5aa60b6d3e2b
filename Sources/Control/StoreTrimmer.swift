import GRDB

/// Deletes what is no longer kept, inside a transaction, from the old end on.
struct StoreTrimmer {
    private let db: Database

    /// Revisions, and requests, that one transaction deletes of an environment.
    private static let portion: Int64 = 2_000

    init(_ db: Database) { self.db = db }

    /// True when there is more to be deleted.
    func trim(_ keep: HistoryKeep, now: UInt64) throws -> Bool {
        var isMore = try trimRequests(now: now)
        guard keep != .everything else { return isMore }
        for row in try Row.fetchAll(db, sql: "SELECT id, number FROM environments") {
            if try trim(row["id"], head: row["number"], keep, now: now) { isMore = true }
        }
        return isMore
    }

    private func trim(_ environment: Int64, head: Int64, _ keep: HistoryKeep, now: UInt64) throws -> Bool {
        guard let oldest = try number("SELECT number FROM log WHERE environment = ? ORDER BY number", [environment])
        else { return false }
        // The newest revision stays in any case: it is where the next one goes on.
        let last = min(try lastToGo(environment, head, keep, now: now), head - 1)
        guard oldest <= last else { return false }
        let end = min(last, oldest + Self.portion)
        for table in ["log", "touched"] {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE environment = ? AND number <= ?", arguments: [environment, end])
        }
        return end < last
    }

    /// The highest number that isn't kept.
    private func lastToGo(_ environment: Int64, _ head: Int64, _ keep: HistoryKeep, now: UInt64) throws -> Int64 {
        switch keep {
        case .everything: return -1
        case .revisions(let count): return head - Int64(clamping: count)
        case .milliseconds(let age):
            let first = try number(
                "SELECT number FROM log WHERE environment = ? AND time >= ? ORDER BY number",
                [environment, Int64(clamping: now) - Int64(clamping: age)])
            return (first ?? head) - 1
        }
    }

    private func trimRequests(now: UInt64) throws -> Bool {
        let oldest = Int64(clamping: now) - Int64(AnsweredRequest.keptMilliseconds)
        try db.execute(
            sql: """
                DELETE FROM requests WHERE (environment, key) IN
                (SELECT environment, key FROM requests WHERE time <= ? ORDER BY time LIMIT ?)
                """, arguments: [oldest, Self.portion])
        return db.changesCount == Self.portion
    }

    private func number(_ sql: String, _ arguments: StatementArguments) throws -> Int64? {
        try Int64.fetchOne(db, sql: sql + " LIMIT 1", arguments: arguments)
    }
}
