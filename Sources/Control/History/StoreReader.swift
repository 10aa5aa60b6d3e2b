import Foundation
import GRDB
import HashTreeCollections
import JSON
import NIOPosix
import Replication

/// Reads the store beside the one who writes it: history, long member lists, the state as it was. Each call sees one
/// commit, whole. Whatever it finds wrong with the store is a `ControlError`.
package final class StoreReader: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    /// - Parameter path: of a store that this process has open for writing.
    package init(path: String) throws(ControlError) {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw ControlStore.wrap(error, path)
        }
    }

    package func close() { try? queue.close() }

    /// The lowest number that is still kept; nil for an environment that isn't there.
    package func oldest(in environment: Int64) async throws(ControlError) -> UInt64? {
        try await read { try $0.oldest(environment) }
    }

    /// The newest revisions below `before`, newest first.
    package func page(
        of environment: Int64, _ filter: HistoryFilter = .everything, before: UInt64 = .max, limit: Int
    ) async throws(ControlError) -> [HistoryEntry] {
        try await read { rows in
            let numbers: [UInt64] = try rows.numbers(environment, filter, before: before, limit: limit)
            return try numbers.compactMap { try rows.entry(environment, $0) }
        }
    }

    /// One revision; nil when there is none, or no longer.
    package func entry(of environment: Int64, _ number: UInt64) async throws(ControlError) -> HistoryEntry? {
        try await read { try $0.entry(environment, number) }
    }

    /// The oldest revisions above `number`, oldest first; fewer than `limit` where their definitions are large.
    package func following(
        _ number: UInt64, in environment: Int64, limit: Int
    ) async throws(ControlError) -> [HistoryEntry] {
        try await read { rows in
            var entries: [HistoryEntry] = []
            var bytes = 0
            for number in try rows.numbers(environment, after: number, limit: limit) where bytes < Self.portionBytes {
                guard let entry = try rows.entry(environment, number) else { continue }
                entries.append(entry)
                bytes += try rows.size(environment, number)
            }
            return entries
        }
    }

    /// What a portion of the history may take up, in bytes of deltas and of what they found; one revision is always given.
    private static let portionBytes = 4 << 20

    /// What names a revision of this very history; nil when there is none of this number, or no longer.
    package func id(of number: UInt64, in environment: Int64) async throws(ControlError) -> String? {
        try await read { try $0.digest(environment, number).map { HistoryEntry.id(number, $0) } }
    }

    /// The request that was answered under this key, and is on disk.
    func answered(
        _ environment: Int64, key: String, now: UInt64
    ) async throws(ControlError) -> AnsweredRequest? {
        try await read { try $0.answered(environment, key: key, now: now) }
    }

    /// The state at an earlier number: today's, with every revision since taken back one by one. Nil when that number
    /// isn't there, or no longer. The digest that was stored with it must come out.
    package func state(at number: UInt64, from head: EnvironmentState) async throws(ControlError) -> ReplicatedState? {
        try await states(at: number, in: head.id, from: head.committed, noting: .max).last
    }

    /// The same, from any later state; with it, before it, the states at every so many numbers on the way, for those who
    /// ask for others near by. Each has the digest that was stored with it. Empty when that number isn't there.
    func states(
        at number: UInt64, in environment: Int64, from later: ReplicatedState, noting every: UInt64
    ) async throws(ControlError) -> [ReplicatedState] {
        try await read { rows in
            guard try rows.digest(environment, number) != nil else { return [] }
            var states: [ReplicatedState] = []
            var state = later
            func note() throws {
                let reached = state.revision.number
                guard try rows.digest(environment, reached) == state.digest else {
                    throw rows.damage("revision \(reached) can't be worked out: its digest is another one")
                }
                states.append(state)
            }
            let numbers = try rows.numbers(environment, after: number, upTo: later.revision.number)
            for (index, back) in numbers.enumerated().reversed() {
                if let delta = try rows.delta(environment, back) {
                    let touches = try rows.touches(environment, back)
                    let found = Dictionary(touches.map { ($0.key, $0) }) { first, _ in first }
                    for change in delta.changes.reversed() { state.apply(change.inverse(found)) }
                }
                let reached = index > 0 ? numbers[index - 1] : number
                guard let revision = try rows.published(environment, reached)?.revision else {
                    throw rows.damage("revision \(reached) is missing in the log")
                }
                state.revision = revision
                if reached > number, reached.isMultiple(of: every) { try note() }
            }
            try note()
            return states
        }
    }

    /// A revision, and when it was published; nil when there is none, or no longer.
    func published(_ number: UInt64, in environment: Int64) async throws(ControlError) -> PublishedRevision? {
        try await read { try $0.published(environment, number) }
    }

    /// The newest revision that was published at a time (milliseconds since 1970) or before it.
    func newest(at time: UInt64, in environment: Int64) async throws(ControlError) -> PublishedRevision? {
        try await read { try $0.newest(environment, at: time) }
    }

    /// The members of a pilot group in the order of their bytes, from the one after `member` on.
    package func members(
        of pilot: String, in environment: Int64, after member: String?, limit: Int
    ) async throws(ControlError) -> [String] {
        try await read { try $0.members(environment, pilot, after: member ?? "", limit: limit) }
    }

    /// Announcements after `sequence`, over all environments, oldest first.
    package func announcements(after sequence: Int64, limit: Int) async throws(ControlError) -> [StoredAnnouncement] {
        try await read { try $0.announcements(after: sequence, limit: limit) }
    }

    /// An environment's newest announcements of these kinds, newest first.
    package func announcements(
        of environment: Int64, kinds: [String], limit: Int,
        where isWanted: @escaping @Sendable (StoredAnnouncement) -> Bool = { _ in true }
    ) async throws(ControlError) -> [StoredAnnouncement] {
        try await read { try $0.announcements(of: environment, kinds: kinds, limit: limit, where: isWanted) }
    }

    /// The last sequence that was taken, nil where this reader never took one, and the newest that there is (or 0).
    package func position(
        of reader: AnnouncementReader
    ) async throws(ControlError) -> (taken: Int64?, newest: Int64) {
        try await read { (try $0.position(of: reader), try $0.newestAnnouncement()) }
    }

    /// How many announcements this reader is yet to take; all of them where it never took one.
    func announcementsWaiting(for reader: AnnouncementReader) async throws(ControlError) -> Int {
        try await read { rows in try rows.announcements(after: try rows.position(of: reader) ?? 0) }
    }

    /// Copies the whole store, as it stands at one commit, into a new file. Takes as long as the store is large, on a
    /// thread that nobody else waits for.
    package func copy(to destination: String) async throws(ControlError) {
        let source = path
        do {
            try await NIOThreadPool.singleton.runIfActive {
                // A connection of its own: readers go on beside it.
                var configuration = Configuration()
                configuration.readonly = true
                let reader = try DatabaseQueue(path: source, configuration: configuration)
                let copy = try DatabaseQueue(path: destination)
                try reader.backup(to: copy)
                try copy.close()
                try reader.close()
            }
        } catch {
            throw ControlStore.wrap(error, destination)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreRows) throws -> Value
    ) async throws(ControlError) -> Value {
        do {
            let path = path
            return try await queue.read { try body(StoreRows($0, path: path)) }
        } catch let error as ControlError {
            throw error
        } catch {
            throw ControlStore.wrap(error, path)
        }
    }
}
