import Flags
import JSON

/// Kills that reached an agent ahead of their turn, laid over what it shows. Pure: the shell around it keeps it on disk
/// before anything of it is shown, and asks what is in force for each snapshot that it shows.
///
/// It only ever adds kills. What a kill is a copy of comes in order too, and from then on that alone counts, so that an
/// unkill that follows it is never covered by it.
package struct KillOverlay: Sendable, Hashable {
    /// By flag key; the one with the highest number.
    package private(set) var kills: [ExactString: UrgentKill] = [:]

    package init() {}

    /// What was on disk.
    package init(_ kills: [UrgentKill]) {
        for kill in kills { insert(kill) }
    }

    package var isEmpty: Bool { kills.isEmpty }

    /// Takes in an urgent copy. `shown` is the revision that lookups are answered from and the cache holds: of another
    /// epoch, or at the kill's number already, it has no use for it.
    /// - Returns: whether anything is different now.
    package mutating func receive(_ kill: UrgentKill, shown: Revision?) -> Bool {
        guard let shown, Self.applies(kill, over: shown) else { return false }
        return insert(kill)
    }

    /// Drops what `shown` has reached. Returns whether anything is different now.
    package mutating func advance(to shown: Revision) -> Bool {
        let before = kills.count
        kills = kills.filter { Self.applies($0.value, over: shown) }
        return kills.count != before
    }

    /// The highest number of an epoch that a copy bears; 0 for none.
    package func highest(in epoch: Epoch) -> UInt64 {
        kills.values.lazy.filter { $0.revision.epoch == epoch }.map(\.revision.number).max() ?? 0
    }

    /// What is in force over a snapshot at `shown`.
    package func inForce(over shown: Revision?) -> [ExactString: Kill] {
        guard let shown else { return [:] }
        return kills.filter { Self.applies($0.value, over: shown) }.mapValues(\.kill)
    }

    @discardableResult
    private mutating func insert(_ kill: UrgentKill) -> Bool {
        if let held = kills[ExactString(kill.flag)], held.revision.epoch == kill.revision.epoch,
            held.revision.number >= kill.revision.number
        {
            return false
        }
        kills[ExactString(kill.flag)] = kill
        return true
    }

    private static func applies(_ kill: UrgentKill, over shown: Revision) -> Bool {
        kill.revision.epoch == shown.epoch && kill.revision.number > shown.number
    }
}

extension KillOverlay {
    /// Sorted by flag key, so that equal overlays have equal bytes.
    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.u32(UInt32(kills.count))
        for (_, kill) in kills.sorted(by: { $0.key < $1.key }) { writer.urgentKill(kill) }
        return writer.bytes
    }

    package init(encoded bytes: [UInt8]) throws(MalformedMessage) {
        var reader = WireReader(bytes)
        self.init()
        for _ in 0..<(try reader.count(smallest: 32)) { insert(try reader.urgentKill()) }
        try reader.end()
    }
}
