import Flags
import Foundation
import GRDB
import JSON
import Releases
import Replication

/// What a control node starts with.
package struct LoadedStore: Sendable {
    package struct Environment: Sendable {
        package var state: EnvironmentState
        /// The newest deltas of this epoch, oldest first.
        package var recent: [RecentDeltas.Item]
    }

    package var environments: [Environment]
    package var agents: [AgentRecord]
    /// When something was last written.
    package var time: ReleaseTime?
}

/// Reads a store and checks it against itself. Whatever doesn't fit is refused, by name: nothing is guessed at.
struct StoreLoader {
    private let db: Database
    private let path: String

    /// Bytes of deltas that are read back for catch-ups.
    private static let recentBytes = 16 << 20

    init(_ db: Database, path: String) {
        self.db = db
        self.path = path
    }

    func load() throws -> LoadedStore {
        var environments: [LoadedStore.Environment] = []
        for row in try Row.fetchAll(db, sql: "SELECT * FROM environments ORDER BY name") {
            environments.append(try environment(row))
        }
        let agents = try Row.fetchAll(db, sql: "SELECT environment, id, record FROM agents").map { row in
            let bytes = (row["record"] as Data?).map { Array($0) } ?? []
            guard let record = AgentRecord(stored: bytes) else {
                throw damage("the record of agent \(row["id"] as String) can't be read")
            }
            return record
        }
        let clock = try Row.fetchOne(db, sql: "SELECT wall, steady FROM clock")
        return LoadedStore(
            environments: environments, agents: agents,
            time: clock.map { ReleaseTime(wall: $0["wall"], steady: $0["steady"]) })
    }

    private func environment(_ row: Row) throws -> LoadedStore.Environment {
        let id: Int64 = row["id"]
        let name: String = row["name"]
        guard let bucketing = Bucketing(rawValue: row["bucketing"]), let digest = Digest(row["digest"] as String) else {
            throw damage("the row of environment \(name) can't be read")
        }
        let epoch = Epoch(
            counter: UInt64(bitPattern: row["epoch_counter"]), id: UInt64(bitPattern: row["epoch_id"]))
        let number = UInt64(bitPattern: row["number"])
        var state = ReplicatedState(revision: Revision(epoch: epoch, number: number))
        var references = FlagReferences()
        var floorReferences = FlagReferences()
        try readEntries(id, &state, &references, &floorReferences)
        try readMembers(id, &state)
        guard state.digest == digest else {
            throw damage(
                "environment \(name) at revision \(number) should have the digest \(digest), "
                    + "its entries have \(state.digest)")
        }
        let newest = try Int64.fetchOne(db, sql: "SELECT max(number) FROM log WHERE environment = ?", arguments: [id])
        guard newest.map({ UInt64(bitPattern: $0) }) ?? 0 == number else {
            throw damage("environment \(name) is at revision \(number), but its log ends at \(newest ?? 0)")
        }
        var divergence: Divergence?
        var since: UInt64?
        if let text: String = row["blocked"] {
            guard let read = Divergence.read(text) else { throw damage("why \(name) is blocked can't be read") }
            divergence = read.divergence
            since = read.since
        }
        var environment = EnvironmentState(
            id: id, name: name, bucketing: bucketing, log: NumberedLog(state, blocked: divergence), blockedSince: since)
        environment.references = references
        environment.floorReferences = floorReferences
        for row in try Row.fetchAll(db, sql: "SELECT name, kind, key FROM sets WHERE environment = ?", arguments: [id])
        {
            environment.sets.insert(EntryKey(EntryKind(rawValue: row["kind"]), row["key"]), in: row["name"])
        }
        try readRecords(id, &environment)
        return LoadedStore.Environment(state: environment, recent: try recent(id, epoch, upTo: number))
    }

    private func readRecords(_ id: Int64, _ environment: inout EnvironmentState) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT kind, name, bytes FROM records WHERE environment = ? ORDER BY kind, name",
            arguments: [id])
        while let row = try rows.next() {
            guard let kind = ControlRecord.Kind(rawValue: row[0]) else {
                throw damage("there is a record of the kind \(row[0] as String), which means nothing")
            }
            let record = ControlRecord(kind, row[1], (row[2] as Data?).map { Array($0) } ?? [])
            if let fault = environment.take(record) { throw damage(fault) }
        }
    }

    private func readEntries(
        _ id: Int64, _ state: inout ReplicatedState, _ references: inout FlagReferences,
        _ floorReferences: inout FlagReferences
    ) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT kind, name, bytes FROM entries WHERE environment = ?", arguments: [id])
        while let row = try rows.next() {
            let key = EntryKey(EntryKind(rawValue: row[0]), row[1])
            let bytes = (row[2] as Data?).map { Array($0) } ?? []
            let change = EntryChange.put(key, bytes)
            state.apply(change)
            floorReferences.follow(change)
            if let flag = key.flagKey { references.set(flag: flag, uses: FlagReferences.entries(stored: bytes)) }
        }
    }

    private func readMembers(_ id: Int64, _ state: inout ReplicatedState) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT pilot, member FROM members WHERE environment = ? ORDER BY pilot, member", arguments: [id])
        var pilot = ""
        var members: [String] = []
        while let row = try rows.next() {
            let name: String = row[0]
            if name != pilot {
                if !members.isEmpty { state.apply(.addMembers(pilot: pilot, members)) }
                pilot = name
                members = []
            }
            members.append(row[1])
        }
        if !members.isEmpty { state.apply(.addMembers(pilot: pilot, members)) }
    }

    private func recent(_ id: Int64, _ epoch: Epoch, upTo head: UInt64) throws -> [RecentDeltas.Item] {
        var items: [RecentDeltas.Item] = []
        var size = 0
        var expected = head
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT number, delta, digest FROM log
                WHERE environment = ? AND epoch_counter = ? AND epoch_id = ? ORDER BY number DESC
                """,
            arguments: [id, Int64(bitPattern: epoch.counter), Int64(bitPattern: epoch.id)])
        while size < Self.recentBytes, let row = try rows.next(), let data: Data = row[1] {
            let number = UInt64(bitPattern: row[0])
            guard number == expected else { throw damage("revision \(expected) is missing in the log") }
            let bytes = Array(data)
            guard let delta = try? Delta(encoded: bytes), delta.revision == Revision(epoch: epoch, number: number),
                delta.digest.description == row[2] as String
            else { throw damage("the delta of revision \(number) can't be read") }
            items.append(RecentDeltas.Item(delta, bytes: bytes))
            size += data.count
            expected -= 1
        }
        return items.reversed()
    }

    private func damage(_ detail: String) -> ControlError { .damagedStore(path: path, detail: detail) }
}
