import JSON
import Releases
import Replication

/// Which agents there are, by their own reports. Pure: it is told what was heard and when, and says what to write down.
package struct Registry: Sendable {
    package enum State: String, Sendable { case live, silent, gone }

    /// Milliseconds.
    package static let usualLiveFor: UInt64 = 3_000
    package static let silentFor: UInt64 = 15 * 60 * 1_000
    /// How long two agents with one id are spoken of after both were last heard.
    static let duplicateFor: UInt64 = 10_000
    /// Time and revision alone are written down at most that often.
    static let flushEvery: UInt64 = 2_000
    /// An agent about which nothing but the time has changed is written down that often.
    static let touchEvery: UInt64 = 30_000

    /// How long after a start an agent that is known from before may take to be heard.
    package static let awaitedFor: UInt64 = 10_000

    private struct Key: Hashable {
        var environment: String
        var id: String
    }

    private struct Item {
        var record: AgentRecord
        /// By the uptime clock; nil when this process hasn't heard of it yet.
        var heard: UInt64?
        /// Boots of this id that spoke before the current one.
        var earlierBoots: [UInt64] = []
        var duplicateSeen: UInt64?
        var written: AgentRecord?
        var isUrgent = false
    }

    private var items: [Key: Item] = [:]
    /// Counts what a release's gate may see differently afterwards: who there is, what they run, and how it does.
    package private(set) var generation: UInt64 = 0
    private var forgotten: [Key] = []
    /// Agents are not held silent for the time in which there was nobody to hear them.
    private let started: UInt64
    private let liveFor: UInt64
    private var lastFlush: UInt64

    /// - Parameter liveFor: milliseconds after a report for which an agent is live.
    package init(_ stored: [AgentRecord] = [], started: Moment, liveFor: UInt64 = Registry.usualLiveFor) {
        self.started = started.uptime
        self.liveFor = liveFor
        lastFlush = started.uptime
        for record in stored {
            items[Key(environment: record.environment, id: record.id)] = Item(record: record, written: record)
        }
    }

    // MARK: Hearing

    package enum News: Sendable, Hashable {
        case joined
        case returned
        /// Two agents speak under one id.
        case duplicate
    }

    /// An agent spoke. Returns what is worth a line in the log.
    package mutating func hear(_ report: Report, environment: String, now: Moment) -> News? {
        let key = Key(environment: environment, id: report.agent)
        let record = AgentRecord(report, environment: environment, at: now.wall)
        guard var item = items[key] else {
            items[key] = Item(record: record, heard: now.uptime, isUrgent: true)
            generation += 1
            return .joined
        }
        var news: News? = state(of: item, now: now) == .live ? nil : .returned
        if news != nil || record.isSeenDifferently(from: item.record) { generation += 1 }
        if item.record.departure != nil { item.isUrgent = true }
        if item.record.boot != report.boot {
            if item.earlierBoots.contains(report.boot) {
                // A boot that was followed by another one speaks again: both are running. (A restart speaks once and
                // for all with the new boot.)
                if item.duplicateSeen.map({ now.uptime > $0 + Self.duplicateFor }) ?? true { news = .duplicate }
                item.duplicateSeen = now.uptime
            }
            item.earlierBoots.removeAll { $0 == report.boot }
            item.earlierBoots.append(item.record.boot)
            if item.earlierBoots.count > 8 { item.earlierBoots.removeFirst() }
        }
        item.record = record
        item.heard = now.uptime
        items[key] = item
        return news
    }

    /// An agent stops. Only the boot that speaks for its id may say so.
    package mutating func goodbye(_ id: String, boot: UInt64, environment: String, now: Moment) -> Bool {
        let key = Key(environment: environment, id: id)
        guard var item = items[key], item.record.boot == boot else { return false }
        item.record.departure = .goodbye
        item.record.lastSeen = now.wall
        item.heard = now.uptime
        item.isUrgent = true
        items[key] = item
        generation += 1
        return true
    }

    /// An operator doesn't want to hear of it any more. If it still runs, its next report brings it back.
    package mutating func forget(_ id: String, environment: String) -> Bool {
        let key = Key(environment: environment, id: id)
        guard items.removeValue(forKey: key) != nil else { return false }
        forgotten.append(key)
        generation += 1
        return true
    }

    /// Marks who has been silent for too long. Returns them, for the log.
    package mutating func expire(now: Moment) -> [AgentRecord] {
        var expired: [AgentRecord] = []
        for (key, item) in items where item.record.departure == nil && state(of: item, now: now) == .gone {
            items[key]?.record.departure = .silence
            items[key]?.isUrgent = true
            expired.append(item.record)
        }
        if !expired.isEmpty { generation += 1 }
        return expired
    }

    private func state(of item: Item, now: Moment) -> State {
        if item.record.departure != nil { return .gone }
        let age = now.uptime - min(now.uptime, item.heard ?? started)
        if age > Self.silentFor { return .gone }
        return item.heard != nil && age < liveFor ? .live : .silent
    }

    // MARK: Writing down

    /// What is to be stored now. Joining and leaving at once, the rest every two seconds, all of it with `everything`.
    mutating func unwritten(now: Moment, everything: Bool = false) -> [ControlStore.AgentRow] {
        let isTime = everything || now.uptime >= lastFlush + Self.flushEvery
        if isTime { lastFlush = now.uptime }
        var rows = forgotten.map { ControlStore.AgentRow(environment: $0.environment, id: $0.id, record: nil) }
        forgotten = []
        for (key, item) in items {
            let isDue: Bool
            if item.isUrgent {
                isDue = true
            } else if isTime, let written = item.written {
                isDue =
                    item.record.differs(from: written)
                    || item.record.lastSeen >= written.lastSeen + (everything ? 1 : Self.touchEvery)
            } else {
                isDue = isTime
            }
            guard isDue else { continue }
            items[key]?.written = item.record
            items[key]?.isUrgent = false
            rows.append(
                ControlStore.AgentRow(environment: key.environment, id: key.id, record: item.record.stored()))
        }
        return rows
    }

    // MARK: Looking

    package struct Entry: Sendable {
        package var record: AgentRecord
        package var state: State
        /// By control's calendar, in milliseconds.
        package var silentFor: UInt64
        package var isDuplicate: Bool
        /// Known from before this process started, not heard since, and not to be given up yet.
        package var isAwaited: Bool
    }

    /// An environment's agents, by name and id.
    package func fleet(of environment: String, now: Moment) -> [Entry] {
        items.values
            .filter { $0.record.environment == environment }
            .map { item in
                let age =
                    item.heard.map { now.uptime - min(now.uptime, $0) }
                    ?? (now.wall - min(now.wall, item.record.lastSeen))
                return Entry(
                    record: item.record, state: state(of: item, now: now), silentFor: age,
                    isDuplicate: item.duplicateSeen.map { now.uptime <= $0 + Self.duplicateFor } ?? false,
                    isAwaited: item.heard == nil && item.record.departure == nil
                        && now.uptime < started + Self.awaitedFor)
            }
            .sorted { ($0.record.name, $0.record.id) < ($1.record.name, $1.record.id) }
    }

    package func ids(of environment: String) -> [String] {
        items.keys.filter { $0.environment == environment }.map(\.id)
    }
}
