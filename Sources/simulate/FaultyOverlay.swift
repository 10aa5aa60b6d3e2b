import Flags
import JSON
import Replication

/// A `KillOverlay`, and around it what makes it behave as one with a fault would. Without a fault it only hands through.
struct FaultyOverlay {
    private(set) var overlay: KillOverlay
    private let fault: Fault?

    /// - Parameter kills: what was on disk.
    init(_ kills: [UrgentKill], fault: Fault?) {
        overlay = KillOverlay(kills)
        self.fault = fault
    }

    /// As they are written to disk.
    var kills: [UrgentKill] { overlay.kills.values.sorted { $0.flag.precedesInBytes($1.flag) } }

    var isEmpty: Bool { overlay.isEmpty }

    mutating func receive(_ kill: UrgentKill, shown: Revision?) -> Bool {
        var kill = kill
        switch (fault, shown) {
        case (.urgentCopyIgnored, _): return false
        case (.overlayIgnoresNumber, let shown?) where kill.revision.epoch == shown.epoch:
            kill.revision.number = max(kill.revision.number, shown.number + 1)
        case (.overlayIgnoresEpoch, let shown?): kill.revision.epoch = shown.epoch
        default: break
        }
        return overlay.receive(kill, shown: shown)
    }

    mutating func advance(to shown: Revision) -> Bool {
        fault == .overlayNotDropped ? false : overlay.advance(to: shown)
    }

    /// What is in force over `shown`: laid over a snapshot of it, and the copies that say so.
    func inForce(over shown: Revision?) -> (kills: [ExactString: Kill], copies: [UrgentKill]) {
        let inForce = overlay.inForce(over: shown)
        return (inForce, inForce.isEmpty ? [] : kills.filter { inForce[ExactString($0.flag)] == $0.kill })
    }

    /// A publication has come, in its turn or not. True if it took a kill with it.
    mutating func heard(_ publication: Publication) -> Bool {
        guard fault == .unkillAhead, case .delta(let delta) = publication else { return false }
        let ended = delta.changes.compactMap { change -> String? in
            guard case .delete(let key) = change, key.kind == .kill else { return nil }
            return key.name
        }
        let left = kills.filter { !ended.contains($0.flag) }
        guard left.count < kills.count else { return false }
        overlay = KillOverlay(left)
        return true
    }
}
