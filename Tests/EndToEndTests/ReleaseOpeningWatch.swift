import Foundation
import Harness
import LookupProtocol
import Synchronization

/// Looks up one flag at one agent again and again, and holds each answer against an opening time by that agent's own clock: none is
/// the released one before, and none another one after.
final class ReleaseOpeningWatch: Sendable {
    private struct Seen {
        /// Lookups that were answered before the opening, and such as were asked after it.
        var before = 0
        var after = 0
        var early: [String] = []
        var late: [String] = []
        /// When the released variant came first, by the agent's clock: milliseconds after the opening.
        var opened: Int64?
        /// The same of the notice to those who watch.
        var told: Int64?
        var faults: [String] = []
        var isOver = false
    }

    let name: String
    private let opening: Int64
    private let ahead: Int64
    private let seen = Mutex(Seen())

    /// - Parameters:
    ///   - opening: seconds since 1970.
    ///   - ahead: milliseconds by which the agent's clock is ahead.
    init(_ agent: AgentProcess, flag: String, opening: Int64, ahead: Int64) throws {
        name = agent.name
        self.opening = opening * 1_000
        self.ahead = ahead
        let asking = try agent.connect()
        let watching = try agent.connect()
        try watching.watch()
        _ = try watching.nextChange()
        // Each connection belongs to one thread from here on.
        nonisolated(unsafe) let (asker, watcher) = (asking, watching)
        Thread { [self] in look(asker, flag) }.start()
        Thread { [self] in listen(watcher, flag) }.start()
    }

    /// Milliseconds after the opening, by the agent's clock; negative: before.
    private var sinceOpening: Int64 { ReleaseOpeningClock.now + ahead - opening }

    private func look(_ connection: LookupConnection, _ flag: String) {
        do {
            while !seen.withLock({ $0.isOver }) {
                let asked = sinceOpening
                let variant = try connection.lookup(flag, targetingKey: "ann").variant
                let answered = sinceOpening
                seen.withLock { seen in
                    if answered < 0 { seen.before += 1 }
                    if asked >= 0 { seen.after += 1 }
                    if variant == "on" {
                        if seen.opened == nil { seen.opened = answered }
                        if answered < 0 { seen.early.append("\(name): released \(-answered) ms before its time") }
                    } else if asked >= 0 {
                        seen.late.append("\(name): still \(variant ?? "nothing") \(asked) ms after its time")
                    }
                }
                usleep(10_000)
            }
        } catch {
            seen.withLock { $0.faults.append("\(name): \(error)") }
        }
    }

    private func listen(_ connection: LookupConnection, _ flag: String) {
        do {
            while try connection.nextChange().changedKeys?.contains(flag) != true {}
            let told = sinceOpening
            seen.withLock { $0.told = told }
        } catch {
            // Nothing came as long as a test waits, or the agent has ended.
        }
    }

    func stop() { seen.withLock { $0.isOver = true } }

    var opened: Int64? { seen.withLock { $0.opened } }
    var told: Int64? { seen.withLock { $0.told } }
    /// Lookups that were answered before the opening.
    var before: Int { seen.withLock { $0.before } }
    /// Lookups that were asked after it.
    var after: Int { seen.withLock { $0.after } }
    /// What was answered too early or too late.
    var wrong: [String] { seen.withLock { $0.early + $0.late + $0.faults } }
}
