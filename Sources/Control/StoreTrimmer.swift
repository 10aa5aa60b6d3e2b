import GRDB

/// What one transaction deleted.
struct Trimmed {
    var revisions = 0
    var requests = 0
    var announcements = 0
    /// There is more to be deleted.
    var isMore = false
}

/// Deletes what is no longer kept, inside a transaction, from the old end on.
struct StoreTrimmer {
    private let db: Database

    /// Numbers, and requests, that one transaction goes over in an environment.
    private static let portion: Int64 = 2_000
    /// Of each environment's announcements, the newest that were delivered.
    static let announcementsKept: Int64 = 1_000

    init(_ db: Database) { self.db = db }

    func trim(_ keep: HistoryKeep, hasWebhook: Bool, now: UInt64) throws -> Trimmed {
        var trimmed = Trimmed()
        try trimRequests(now: now, &trimmed)
        try trimAnnouncements(hasWebhook: hasWebhook, &trimmed)
        guard keep != .everything else { return trimmed }
        for row in try Row.fetchAll(db, sql: "SELECT id, number FROM environments") {
            try trim(row["id"], head: row["number"], keep, now: now, &trimmed)
        }
        return trimmed
    }

    private func trim(
        _ environment: Int64, head: Int64, _ keep: HistoryKeep, now: UInt64, _ trimmed: inout Trimmed
    ) throws {
        guard let oldest = try number("SELECT number FROM log WHERE environment = ? ORDER BY number", [environment])
        else { return }
        // The newest revision stays in any case: it is where the next one goes on.
        let last = min(try lastToGo(environment, head, keep, now: now), head - 1)
        guard oldest <= last else { return }
        let end = min(last, oldest + Self.portion)
        try db.execute(
            sql: "DELETE FROM touched WHERE environment = ? AND number <= ?", arguments: [environment, end])
        try db.execute(sql: "DELETE FROM log WHERE environment = ? AND number <= ?", arguments: [environment, end])
        trimmed.revisions += db.changesCount
        if end < last { trimmed.isMore = true }
    }

    /// The highest number that isn't kept.
    private func lastToGo(_ environment: Int64, _ head: Int64, _ keep: HistoryKeep, now: UInt64) throws -> Int64 {
        switch keep {
        case .everything: return -1
        case .revisions(let count):
            // Counted, not subtracted: a new epoch may have passed over any amount of numbers.
            let sql = "SELECT number FROM log WHERE environment = ? ORDER BY number DESC LIMIT 1 OFFSET ?"
            return try Int64.fetchOne(db, sql: sql, arguments: [environment, Int64(clamping: count)]) ?? -1
        case .milliseconds(let age):
            let first = try number(
                "SELECT number FROM log WHERE environment = ? AND time >= ? ORDER BY number",
                [environment, Int64(clamping: now) - Int64(clamping: age)])
            return (first ?? head) - 1
        }
    }

    private func trimRequests(now: UInt64, _ trimmed: inout Trimmed) throws {
        let oldest = Int64(clamping: now) - Int64(AnsweredRequest.keptMilliseconds)
        try db.execute(
            sql: """
                DELETE FROM requests WHERE (environment, key) IN
                (SELECT environment, key FROM requests WHERE time <= ? ORDER BY time LIMIT ?)
                """, arguments: [oldest, Self.portion])
        trimmed.requests = db.changesCount
        if trimmed.requests == Self.portion { trimmed.isMore = true }
    }

    /// What the webhook is yet to take stays in any case. Where there is none, nobody waits for any.
    private func trimAnnouncements(hasWebhook: Bool, _ trimmed: inout Trimmed) throws {
        let taken = try Int64.fetchOne(
            db, sql: "SELECT sequence FROM positions WHERE reader = ? AND ?",
            arguments: [AnnouncementReader.webhook.rawValue, hasWebhook])
        for environment in try Int64.fetchAll(db, sql: "SELECT id FROM environments") {
            let last = try number(
                "SELECT sequence FROM announcements WHERE environment = ? AND sequence <= ? ORDER BY sequence DESC",
                [environment, taken ?? .max], offset: Self.announcementsKept)
            guard let last else { continue }
            try db.execute(
                sql: """
                    DELETE FROM announcements WHERE sequence IN
                    (SELECT sequence FROM announcements WHERE environment = ? AND sequence <= ? ORDER BY sequence LIMIT ?)
                    """, arguments: [environment, last, Self.portion])
            trimmed.announcements += db.changesCount
            if db.changesCount == Self.portion { trimmed.isMore = true }
        }
    }

    private func number(_ sql: String, _ arguments: StatementArguments, offset: Int64 = 0) throws -> Int64? {
        try Int64.fetchOne(db, sql: sql + " LIMIT 1 OFFSET \(offset)", arguments: arguments)
    }
}
