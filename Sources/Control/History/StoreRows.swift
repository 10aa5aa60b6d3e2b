import Foundation
import GRDB
import JSON
import Replication

/// The history's rows within one read transaction.
struct StoreRows {
    private let db: Database
    private let path: String

    init(_ db: Database, path: String) {
        self.db = db
        self.path = path
    }

    func damage(_ detail: String) -> ControlError { .damagedStore(path: path, detail: detail) }

    func oldest(_ environment: Int64) throws -> UInt64? {
        try Int64.fetchOne(
            db, sql: "SELECT number FROM log WHERE environment = ? ORDER BY number LIMIT 1", arguments: [environment]
        ).map(UInt64.init(bitPattern:))
    }

    /// Numbers below `before`, falling: those that touched what `filter` lets through.
    func numbers(_ environment: Int64, _ filter: HistoryFilter, before: UInt64, limit: Int) throws -> [UInt64] {
        let before = Int64(clamping: before)
        guard filter != .everything else {
            return try numbers(
                "SELECT number FROM log WHERE environment = ? AND number < ? ORDER BY number DESC LIMIT ?",
                [environment, before, limit])
        }
        var arguments: StatementArguments = [environment, before]
        arguments += StatementArguments(filter.arguments)
        let found = try numbers(
            """
            SELECT DISTINCT number FROM touched
            WHERE environment = ? AND number < ? AND (\(filter.condition)) ORDER BY number DESC LIMIT ?
            """, arguments + [limit])
        guard let mentioned = filter.mentioned else { return found }
        let released = try numbers(ofReleasesIn: environment, filter, mentioned, before: before, limit: limit)
        return Array(Set(found + released).sorted(by: >).prefix(limit))
    }

    /// Those in which a release moved that changes what `filter` asks for: what it changes stands in its entry, before or
    /// after. After, it is what the entry's next change found, or what it is now.
    private func numbers(
        ofReleasesIn environment: Int64, _ filter: HistoryFilter, _ mentioned: [UInt8], before: Int64, limit: Int
    ) throws -> [UInt64] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT number, release FROM (
                    SELECT number, coalesce(
                        before,
                        (SELECT next.before FROM touched AS next
                            WHERE next.environment = this.environment AND next.kind = this.kind
                            AND next.name = this.name AND next.number > this.number ORDER BY next.number LIMIT 1),
                        (SELECT bytes FROM entries
                            WHERE entries.environment = this.environment AND entries.kind = this.kind
                            AND entries.name = this.name)) AS release
                    FROM touched AS this WHERE environment = ? AND kind = ? AND number < ?)
                WHERE instr(release, ?) > 0 ORDER BY number DESC
                """, arguments: [environment, Int64(EntryKind.release.rawValue), before, Data(mentioned)])
        var found: [UInt64] = []
        while found.count < limit, let row = try rows.next() {
            if filter.isChanged(by: Array(row[1] as Data)) { found.append(UInt64(bitPattern: row[0])) }
        }
        return found
    }

    /// Numbers above `after`, rising.
    func numbers(_ environment: Int64, after: UInt64, upTo last: UInt64 = .max, limit: Int = -1) throws -> [UInt64] {
        try numbers(
            "SELECT number FROM log WHERE environment = ? AND number > ? AND number <= ? ORDER BY number LIMIT ?",
            [environment, Int64(clamping: after), Int64(clamping: last), limit])
    }

    private func numbers(_ sql: String, _ arguments: StatementArguments) throws -> [UInt64] {
        let statement = try db.cachedStatement(sql: sql)
        return try Int64.fetchAll(statement, arguments: arguments).map(UInt64.init(bitPattern:))
    }

    func digest(_ environment: Int64, _ number: UInt64) throws -> Digest? {
        guard let row = try log(environment, number) else { return nil }
        guard let digest = Digest(row["digest"] as String) else {
            throw damage("the digest of revision \(number) can't be read")
        }
        return digest
    }

    func published(_ environment: Int64, _ number: UInt64) throws -> PublishedRevision? {
        let statement = try db.cachedStatement(
            sql: "SELECT number, epoch_counter, epoch_id, time FROM log WHERE environment = ? AND number = ?")
        return try Row.fetchOne(statement, arguments: [environment, Int64(clamping: number)])
            .map { PublishedRevision($0) }
    }

    /// By number, not by time: where the clock was set back, what came later is newer all the same.
    func newest(_ environment: Int64, at time: UInt64) throws -> PublishedRevision? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT number, epoch_counter, epoch_id, time FROM log
                WHERE environment = ? AND time <= ? ORDER BY number DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [environment, Int64(clamping: time)])
            .map { PublishedRevision($0) }
    }

    /// Nil where an epoch begins.
    func delta(_ environment: Int64, _ number: UInt64) throws -> Delta? {
        guard let row = try log(environment, number), let data: Data = row["delta"] else { return nil }
        guard let delta = try? Delta(encoded: Array(data)) else {
            throw damage("the delta of revision \(number) can't be read")
        }
        return delta
    }

    func entry(_ environment: Int64, _ number: UInt64) throws -> HistoryEntry? {
        guard let row = try log(environment, number) else { return nil }
        let epoch = Epoch(counter: UInt64(bitPattern: row["epoch_counter"]), id: UInt64(bitPattern: row["epoch_id"]))
        let delta = try delta(environment, number)
        let changes = delta?.changes ?? []
        return HistoryEntry(
            revision: Revision(epoch: epoch, number: number), time: UInt64(clamping: row["time"] as Int64),
            actor: row["actor"], message: row["message"],
            event: delta != nil ? .change : number == 0 ? .created : .epoch,
            digest: try digest(environment, number) ?? .empty,
            diff: DiffLine.lines(of: changes, try touches(environment, number)),
            changedMembers: changes.reduce(0) { $0 + $1.memberCount })
    }

    /// The request that was answered under this key; nil when none was, or too long ago.
    func answered(_ environment: Int64, key: String, now: UInt64) throws -> AnsweredRequest? {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM requests WHERE environment = ? AND key = ? AND time > ?")
        let oldest = Int64(clamping: now) - Int64(AnsweredRequest.keptMilliseconds)
        guard let row = try Row.fetchOne(statement, arguments: [environment, key, oldest]) else { return nil }
        let epoch = Epoch(counter: UInt64(bitPattern: row["epoch_counter"]), id: UInt64(bitPattern: row["epoch_id"]))
        return AnsweredRequest(
            environment: environment, key: key, fingerprint: row["fingerprint"],
            revision: Revision(epoch: epoch, number: UInt64(bitPattern: row["number"])), published: row["published"],
            time: UInt64(clamping: row["time"] as Int64))
    }

    func touches(_ environment: Int64, _ number: UInt64) throws -> [Touch] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT kind, name, before, members, dropped FROM touched
                WHERE environment = ? AND number = ? ORDER BY kind, name
                """)
        return try Row.fetchAll(statement, arguments: [environment, Int64(clamping: number)]).map { row in
            Touch(
                key: EntryKey(EntryKind(rawValue: row[0]), row[1]), before: (row[2] as Data?).map { Array($0) },
                membersBefore: row[3], dropped: (row[4] as Data?).flatMap { Touch.dropped(stored: Array($0)) })
        }
    }

    /// What a revision's definitions, before and after, take up in bytes.
    func size(_ environment: Int64, _ number: UInt64) throws -> Int {
        let own = try Int.fetchOne(
            db, sql: "SELECT coalesce(length(delta), 0) FROM log WHERE environment = ? AND number = ?",
            arguments: [environment, Int64(clamping: number)])
        let before = try Int.fetchOne(
            db, sql: "SELECT coalesce(sum(length(before)), 0) FROM touched WHERE environment = ? AND number = ?",
            arguments: [environment, Int64(clamping: number)])
        return (own ?? 0) + (before ?? 0)
    }

    func members(_ environment: Int64, _ pilot: String, after member: String, limit: Int) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT member FROM members WHERE environment = ? AND pilot = ? AND member > ? ORDER BY member LIMIT ?
                """)
        return try String.fetchAll(statement, arguments: [environment, pilot, member, limit])
    }

    // MARK: Announcements

    /// Those after `sequence`, over all environments, oldest first.
    func announcements(after sequence: Int64, limit: Int) throws -> [StoredAnnouncement] {
        try announcements("sequence > ? ORDER BY sequence LIMIT ?", [sequence, limit])
    }

    /// An environment's newest of these kinds, newest first.
    func announcements(
        of environment: Int64, kinds: [String], limit: Int, where isWanted: (StoredAnnouncement) -> Bool = { _ in true }
    ) throws -> [StoredAnnouncement] {
        let places = kinds.map { _ in "?" }.joined(separator: ", ")
        return try announcements(
            "environment = ? AND kind IN (\(places)) ORDER BY sequence DESC",
            StatementArguments([environment]) + StatementArguments(kinds), limit: limit, where: isWanted)
    }

    private func announcements(
        _ condition: String, _ arguments: StatementArguments, limit: Int = .max,
        where isWanted: (StoredAnnouncement) -> Bool = { _ in true }
    ) throws -> [StoredAnnouncement] {
        var found: [StoredAnnouncement] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM announcements WHERE " + condition, arguments: arguments)
        while found.count < limit, let row = try rows.next() {
            var announcement = StoredAnnouncement(
                environment: row["environment"], id: row["id"], release: row["release"], kind: row["kind"],
                time: row["time"], body: (row["body"] as Data?).map { Array($0) } ?? [])
            announcement.sequence = row["sequence"]
            if isWanted(announcement) { found.append(announcement) }
        }
        return found
    }

    /// How many there are.
    func announcements(after sequence: Int64) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM announcements WHERE sequence > ?", arguments: [sequence]) ?? 0
    }

    /// The last sequence that was taken; nil where this reader never took one.
    func position(of reader: AnnouncementReader) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT sequence FROM positions WHERE reader = ?", arguments: [reader.rawValue])
    }

    /// 0 where there is none yet.
    func newestAnnouncement() throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM announcements") ?? 0
    }

    private func log(_ environment: Int64, _ number: UInt64) throws -> Row? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM log WHERE environment = ? AND number = ?")
        return try Row.fetchOne(statement, arguments: [environment, Int64(clamping: number)])
    }
}

extension EntryChange {
    fileprivate var memberCount: Int {
        switch self {
        case .addMembers(_, let members), .removeMembers(_, let members), .replaceMembers(_, let members):
            members.count
        case .put, .delete: 0
        }
    }
}
