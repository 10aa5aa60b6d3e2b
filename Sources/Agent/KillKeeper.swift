import Logging
import Replication
import Synchronization

/// What becomes of urgent kills: on disk first, then shown, and dropped when the revision they are copies of is shown.
struct KillKeeper {
    /// What is on disk and shown.
    private var held: KillOverlay
    /// The same with what the disk hasn't taken yet.
    private var wanted: KillOverlay
    private let file: KillFile
    /// When to try again after a write failed; nil when none did. Monotonic milliseconds.
    private(set) var retryAt: UInt64?
    private var lastFailure: String?

    private static let retryInterval: UInt64 = 1_000

    init(_ overlay: KillOverlay, _ file: KillFile) {
        held = overlay
        wanted = overlay
        self.file = file
    }

    /// For reports: the highest number of an epoch of which a copy is held.
    func highest(in epoch: Epoch?) -> UInt64 { epoch.map { held.highest(in: $0) } ?? 0 }

    mutating func receive(
        _ kill: UrgentKill, _ live: LiveState, now: UInt64, _ counters: LinkCounters, _ logger: Logger
    ) {
        guard wanted.receive(kill, shown: live.load().revision) else { return }
        counters.urgentKills.count()
        write(live, now: now, counters, logger)
        guard held == wanted else { return }
        let key = EntryKey(deciding: kill.flag)
        logger.notice(
            "killed ahead of its turn",
            metadata: ["\(key.kind)": "\(key.name)", "revision": "\(kill.revision.number)"])
    }

    /// Drops what is shown in its turn by now, and tries again what the disk refused.
    mutating func settle(_ live: LiveState, now: UInt64, _ counters: LinkCounters, _ logger: Logger) {
        guard !wanted.isEmpty || wanted != held else { return }
        if let shown = live.load().revision { _ = wanted.advance(to: shown) }
        if wanted == held {
            retryAt = nil
            lastFailure = nil
        }
        guard wanted != held, retryAt.map({ now >= $0 }) ?? true else { return }
        write(live, now: now, counters, logger)
    }

    private mutating func write(_ live: LiveState, now: UInt64, _ counters: LinkCounters, _ logger: Logger) {
        do throws(KillFileFault) {
            try file.write(wanted)
        } catch {
            counters.cacheFailures.count()
            retryAt = now + Self.retryInterval
            guard error.description != lastFailure else { return }
            lastFailure = error.description
            logger.error("an urgent kill can't be written down: not shown yet, trying again each second: \(error)")
            return
        }
        held = wanted
        live.lay(held)
        counters.killsAhead.store(held.kills.count, ordering: .relaxed)
        retryAt = nil
        lastFailure = nil
    }
}
