import Flags
import JSON
import Replication
import Synchronization

/// The one place that swaps what lookups see: the newest cached snapshot, with the kills that came ahead of their turn laid
/// over it.
///
/// The link's thread swaps snapshots and the sync lane lays kills; any number of event loops read, each through a
/// `LiveReader` of its own. A reader looks at one atomic generation per lookup and takes the lock only when that has
/// moved, so that a lookup neither locks nor allocates. A lookup that starts after `swap` returned sees at least that
/// revision, on every loop.
package final class LiveState: Sendable {
    package enum Change: Sendable {
        /// Flag keys whose answers may differ, sorted.
        case flags([String])
        /// Too many to name, or all: a resync, a new epoch, the first state.
        case everything
    }

    /// What is shown is made of these. Its lock is held until the watchers are told, so that they hear of swaps in order.
    private struct Layers {
        var snapshot: LiveSnapshot
        var kills: KillOverlay
        let identity: ServiceIdentity

        var inForce: [ExactString: Kill] { kills.inForce(over: snapshot.revision) }

        var shown: LiveSnapshot {
            var shown = snapshot
            let kills = inForce
            if !kills.isEmpty { shown.flags = snapshot.flags.killing(kills) }
            // Whatever a snapshot was made of: no answer is given as if by another service or version.
            shown.flags.identity = identity
            return shown
        }
    }

    private let generation = Atomic<UInt64>(0)
    private let layers: Mutex<Layers>
    private let snapshot: Mutex<LiveSnapshot>
    private let watchers = Mutex<[(id: Watch, tell: @Sendable (LiveSnapshot, Change) -> Void)]>([])
    private let watchCount = Atomic<UInt64>(0)
    /// Monotonic nanoseconds of the last heartbeat or delta; 0 before the first.
    private let lastHeard = Atomic<UInt64>(0)
    private let swapCount = Atomic<UInt64>(0)
    private let controlNumber = Atomic<UInt64>(0)
    package let staleAfter: Duration
    /// The time of every evaluation.
    package let clock = EvaluationClock()
    package let vitals = AgentVitals()

    /// - Parameter identity: the service that this agent is beside: every snapshot that is shown answers as for it.
    package init(
        _ initial: LiveSnapshot, kills: KillOverlay = KillOverlay(), identity: ServiceIdentity = .none,
        staleAfter: Duration = .seconds(5)
    ) {
        let layers = Layers(snapshot: initial, kills: kills, identity: identity)
        self.layers = Mutex(layers)
        snapshot = Mutex(layers.shown)
        self.staleAfter = staleAfter
    }

    /// Makes `next`, under the kills in force, what every lookup sees from now on, then tells the watchers.
    package func swap(to next: LiveSnapshot, changed: Change) {
        layers.withLock { layers in
            layers.snapshot = next
            show(layers.shown, changed)
        }
    }

    /// Lays these kills, in place of those before, over what is shown now and after later swaps, each for as long as it is
    /// in force.
    package func lay(_ kills: KillOverlay) {
        layers.withLock { layers in
            let before = layers.inForce
            layers.kills = kills
            let now = layers.inForce
            var changed: Set<ExactString> = []
            for key in Set(before.keys).union(now.keys) where before[key] != now[key] {
                changed.formUnion(layers.snapshot.flags.flags(affectedBy: key.text).lazy.map { ExactString($0) })
            }
            if !changed.isEmpty { show(layers.shown, .flags(changed.sorted().map(\.text))) }
        }
    }

    /// Tells the watchers of answers that differ now although nothing was swapped: time has moved them.
    package func announce(_ changed: Change) {
        layers.withLock { _ in tell(load(), changed) }
    }

    private func show(_ next: LiveSnapshot, _ changed: Change) {
        // Both under the lock: a reader that took `next` can't be followed by one that still sees the old generation.
        snapshot.withLock {
            $0 = next
            generation.wrappingAdd(1, ordering: .releasing)
        }
        swapCount.wrappingAdd(1, ordering: .relaxed)
        tell(next, changed)
    }

    private func tell(_ shown: LiveSnapshot, _ changed: Change) {
        let watchers = watchers.withLock { $0 }
        for watcher in watchers { watcher.tell(shown, changed) }
    }

    /// A watcher's name, to end it by.
    package struct Watch: Sendable, Hashable {
        fileprivate var id: UInt64
    }

    /// `watcher` runs on the swapping thread after each swap and each step of a time ramp, until `end`: it must only hand
    /// over.
    package func onSwap(_ watcher: @escaping @Sendable (LiveSnapshot, Change) -> Void) -> Watch {
        let watch = Watch(id: watchCount.wrappingAdd(1, ordering: .relaxed).newValue)
        watchers.withLock { $0.append((watch, watcher)) }
        return watch
    }

    /// That watcher isn't told of anything once this returned. Not to be called by a watcher.
    package func end(_ watch: Watch) {
        // Whoever tells the watchers holds this lock.
        layers.withLock { _ in watchers.withLock { $0.removeAll { $0.id == watch } } }
    }

    package func makeReader() -> LiveReader { LiveReader(self) }

    /// Moves with each swap.
    var currentGeneration: UInt64 { generation.load(ordering: .acquiring) }

    package func load() -> LiveSnapshot { snapshot.withLock { $0 } }

    package var swaps: UInt64 { swapCount.load(ordering: .relaxed) }

    // MARK: Staleness

    /// The control node was heard, at `number` by its own word.
    package func heard(number: UInt64, atNanoseconds now: UInt64) {
        controlNumber.store(number, ordering: .relaxed)
        lastHeard.store(max(now, 1), ordering: .relaxed)
    }

    /// The control node's number by the last word heard of it; 0 before the first.
    package var heardNumber: UInt64 { controlNumber.load(ordering: .relaxed) }

    /// How long the control node has been silent; nil when it hasn't been heard since this process started.
    package func staleness(atNanoseconds now: UInt64) -> Staleness {
        let last = lastHeard.load(ordering: .relaxed)
        guard last != 0 else { return Staleness(isStale: true, silentFor: nil) }
        let silent = Duration.nanoseconds(now > last ? Int64(clamping: now - last) : 0)
        return Staleness(isStale: silent > staleAfter, silentFor: silent)
    }
}

extension LiveState {
    /// Milliseconds by which the clock of evaluations is ahead of control's; nil before the first heartbeat and while control
    /// is silent.
    package func skew(atNanoseconds now: UInt64) -> Int64? {
        staleness(atNanoseconds: now).isStale ? nil : vitals.measuredSkew
    }
}

/// How fresh an answer is.
package struct Staleness: Sendable, Hashable {
    /// No heartbeat for longer than the limit, or none since the agent started.
    package var isStale: Bool
    package var silentFor: Duration?

    package init(isStale: Bool, silentFor: Duration?) {
        self.isStale = isStale
        self.silentFor = silentFor
    }
}

/// One event loop's way to the live snapshot. Not to be shared between threads.
package struct LiveReader {
    private let state: LiveState
    private var seen: UInt64
    private var cached: LiveSnapshot

    init(_ state: LiveState) {
        self.state = state
        seen = state.currentGeneration
        cached = state.load()
    }

    /// The newest snapshot: one atomic load when nothing was swapped.
    package mutating func current() -> LiveSnapshot {
        let generation = state.currentGeneration
        if generation != seen {
            // The generation is read first: a swap between the two lines only means looking once more next time.
            seen = generation
            cached = state.load()
        }
        return cached
    }
}
