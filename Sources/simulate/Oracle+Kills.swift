import Flags
import JSON
import Replication

/// Kills that overtake the deltas they are copies of.
extension Oracle {
    /// An urgent copy has reached an agent that shows `shown`.
    /// - Parameter isCutOff: publications don't reach it.
    mutating func heard(_ kill: UrgentKill, _ agent: String, shown: Revision?, isCutOff: Bool) {
        guard let shown, shown.epoch == kill.revision.epoch else {
            tally.foreign += 1
            return
        }
        if kill.revision.number > shown.number {
            tally.ahead += 1
            if isCutOff { tally.cutOff += 1 }
        } else {
            tally.late += 1
            let isOver = contents[shown]?.contains { $0.kills[ExactString(kill.flag)] == nil } ?? false
            if isOver { tally.overtaken += 1 }
        }
    }

    /// The file was damaged.
    mutating func overlayLost(_ agent: String) { agents[agent]?.overlay = [:] }

    /// What lies over the snapshot at `revision` must be there: all that was shown before and is still ahead; and nothing
    /// may be there that isn't ahead of its turn, or that control never stored.
    mutating func compareOverlay(_ agent: String, _ live: LiveView, _ revision: Revision) {
        var known = agents[agent] ?? Agent()
        known.overlay = known.overlay.filter { Self.isAhead($0.value, of: revision) }
        for (flag, kill) in known.overlay {
            let copy = live.overlay.first { $0.flag.isExactly(flag.text) }
            let stays = copy.map { $0.revision.number >= kill.revision.number } ?? false
            require(
                stays, .killStays,
                "\(agent) at \(revision) has shown the kill of \(flag) at \(kill.revision.number), and doesn't any more"
            )
        }
        for copy in live.overlay {
            require(
                Self.isAhead(copy, of: revision), .killInItsPlace,
                "\(agent) lays the kill of \(copy.flag) at \(copy.revision) over \(revision)")
            require(
                isStored(copy), .killInItsPlace,
                "\(agent) shows a kill of \(copy.flag) at \(copy.revision) that control never stored")
            known.overlay[ExactString(copy.flag)] = copy
        }
        if known.hasJustStarted, !live.overlay.isEmpty { tally.restarts += 1 }
        known.hasJustStarted = false
        agents[agent] = known
    }

    private static func isAhead(_ kill: UrgentKill, of revision: Revision) -> Bool {
        kill.revision.epoch == revision.epoch && kill.revision.number > revision.number
    }

    private func isStored(_ copy: UrgentKill) -> Bool {
        let form = forms.kills[copy.kill.storedBytes]
        return form != nil
            && contents[copy.revision]?.contains { $0.kills[ExactString(copy.flag)] == form } ?? false
    }

    /// A new epoch began with `content`.
    mutating func epochBegun(with content: Content) {
        if !content.kills.isEmpty { tally.epochs += 1 }
    }
}
