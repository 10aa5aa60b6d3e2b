import Flags
import Replication

/// From what the replica decided to what lookups see: cache, then swap, then report. And kills that overtake it.
extension SimulatedAgent {
    func stage(_ batch: Batch) {
        guard let state = replica.state else { return }
        world.note {
            "\(self.id): applies \(batch.revision) (\(batch.isWhole ? "whole" : "\(batch.origin)"), "
                + "\(batch.changes.count) changes)"
        }
        world.oracle.applied(id, batch)
        flags.apply(batch.changes, leadingTo: state, quarantine: &quarantine)
        staged.append(batch)
        if batch.isWhole {
            pending = [batch]
            isLost = false
            wantsEverything = false
        } else if !isLost {
            pending.append(batch)
            if hasFailed, pending.count > world.mostWaiting { drop() }
        }
        commitLater(world.chance.within(0...10))
    }

    /// There is no room for what waits: the cache can't be led on by deltas any more.
    private func drop() {
        world.note { "\(self.id): too much waits for its cache" }
        pending = []
        isLost = world.fault != .waitingDropped
    }

    func findDamage() {
        guard isCacheBroken, !wantsEverything else { return }
        world.note { "\(self.id): finds its cache damaged" }
        pending = []
        isLost = true
        wantsEverything = true
    }

    private func commitLater(_ delay: UInt64) {
        guard !commitIsDue else { return }
        commitIsDue = true
        after(delay) { [unowned self] in
            commitIsDue = false
            whenFree { [unowned self] in
                commit { [unowned self] in askForEverything() }
            }
        }
    }

    /// Writes what waits, which takes its time, and shows it; then `goesOn`, on the link's thread. Nothing is shown of
    /// what can't be written.
    func commit(_ goesOn: @escaping () -> Void) {
        guard let last = staged.last else { return goesOn() }
        guard world.now >= cacheFailsUntil else {
            hasFailed = true
            commitLater(1_000)
            return goesOn()
        }
        guard !isLost else {
            // The disk takes writes: what is fetched now won't have to wait in memory.
            wantsEverything = true
            return goesOn()
        }
        let next = LiveView(revision: last.revision, flags: flags, quarantined: quarantine.names)
        if world.fault == .swapBeforeCache {
            show(next.flags, at: next.revision, quarantined: next.quarantined, batches: staged)
            if crashed(.beforeCache) { return }
        }
        if world.fault == .reportBeforeCache {
            done = (last.revision, last.digest, next.quarantined)
            report()
        }
        if crashed(.beforeCache) { return }
        isCommitting = true
        let takes = world.chance.within(0...(world.chance.happens(0.1) ? world.slowestCommit : World.calmCommit))
        commitEnds = world.now + takes
        if takes > 0, crashAt == .withinCommit {
            after(world.chance.within(0...takes - 1)) { [unowned self] in _ = crashed(.withinCommit) }
        }
        after(takes) { [unowned self] in
            isCommitting = false
            if write(last, next) { goesOn() }
            goOn()
        }
    }

    /// False when the agent didn't live to see the end.
    private func write(_ last: Batch, _ next: LiveView) -> Bool {
        guard world.now >= cacheFailsUntil else {
            hasFailed = true
            commitLater(1_000)
            return true
        }
        if isCacheBroken {
            guard pending.first?.isWhole == true else {
                findDamage()
                return true
            }
            cache.setAside()
            isCacheBroken = false
        }
        cache.commit(pending)
        world.oracle.cached(id, last.revision)
        if crashed(.afterCache) { return false }
        world.oracle.answered(id, live)
        if world.fault == .killLostOnSnapshot, staged.contains(where: { $0.origin == .snapshot }) { forgetOverlay() }
        if world.fault != .swapBeforeCache {
            show(next.flags, at: next.revision, quarantined: next.quarantined, batches: staged)
        }
        (staged, pending, hasFailed) = ([], [], false)
        if crashed(.afterSwap) { return false }
        settleOverlay()
        guard isRunning else { return false }
        done = (last.revision, last.digest, next.quarantined)
        reportLater()
        return true
    }

    private func reportLater() {
        guard !reportIsDue else { return }
        reportIsDue = true
        after(world.chance.within(0...20)) { [unowned self] in
            reportIsDue = false
            whenFree { [unowned self] in report() }
        }
    }

    /// The one place that swaps what lookups see.
    func show(_ flags: FlagSet, at revision: Revision?, quarantined: [String], batches: [Batch]) {
        shownFlags = flags
        let inForce = held.inForce(over: revision)
        live = LiveView(
            revision: revision, flags: flags.killing(inForce.kills), quarantined: quarantined, overlay: inForce.copies)
        world.oracle.shown(id, live, batches: batches)
    }

    // MARK: Kills ahead of their turn

    /// Disk first, then lookups: what was shown once is shown after a crash, too.
    func take(_ kill: UrgentKill, isCutOff: Bool) {
        world.oracle.heard(kill, id, shown: live.revision, isCutOff: isCutOff)
        guard wanted.receive(kill, shown: live.revision) else { return }
        if crashed(.beforeOverlay) { return }
        if world.fault == .overlayShownBeforeKept {
            layOverlay()
            if crashed(.afterOverlay) { return }
        }
        keepOverlay()
    }

    /// Drops what is shown in its turn by now.
    func settleOverlay() {
        if let shown = live.revision, wanted.advance(to: shown) { keepOverlay() }
    }

    /// Nothing of it is shown that the disk hasn't taken; that is tried again.
    private func keepOverlay() {
        guard world.now >= cacheFailsUntil else {
            guard !overlayIsDue else { return }
            overlayIsDue = true
            return after(1_000) { [unowned self] in
                overlayIsDue = false
                keepOverlay()
            }
        }
        if world.fault != .overlayNotKept { cache.keep(wanted.kills) }
        if crashed(.afterOverlay) { return }
        layOverlay()
    }

    /// The fault: a state that was fetched takes the place of everything.
    private func forgetOverlay() {
        wanted = FaultyOverlay([], fault: world.fault)
        held = wanted
        cache.keep([])
    }

    func layOverlay() {
        held = wanted
        guard held.inForce(over: live.revision).copies != live.overlay else { return }
        show(shownFlags, at: live.revision, quarantined: live.quarantined, batches: [])
    }
}
