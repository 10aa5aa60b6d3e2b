import Agent
import Flags
import JSON
import LookupProtocol
import NIOCore
import Replication

/// What one event loop owns: its way to the live snapshot, its counts, its connections. Never leaves that loop.
final class LoopState {
    let eventLoop: any EventLoop
    let configuration: LookupServerConfiguration
    let counters: LoopCounters
    let shared: ServerShared
    /// For rendering; each user leaves it empty.
    var scratch: [UInt8] = []

    private let live: LiveState
    private var reader: LiveReader
    private let clock: EvaluationClock
    private var connections: [ObjectIdentifier: any LoopConnection] = [:]
    private var watchers: [ObjectIdentifier: BinaryConnection] = [:]
    private(set) var isQuiescing = false
    private var drained: EventLoopPromise<Void>?
    private var isSweeping = false

    init(eventLoop: any EventLoop, shared: ServerShared, counters: LoopCounters) {
        self.eventLoop = eventLoop
        self.shared = shared
        self.counters = counters
        configuration = shared.configuration
        live = shared.live
        clock = shared.live.clock
        reader = live.makeReader()
    }

    // MARK: Answers

    /// The one place where a lookup becomes an answer.
    func answer(_ lookup: Lookup, from source: LookupSource) -> Answer {
        let snapshot = reader.current()
        let evaluation = evaluate(lookup, in: snapshot, unixSeconds: clock.unixSeconds())
        counters.count(evaluation, from: source)
        return Answer(stamp: stamp(of: snapshot), evaluation: evaluation)
    }

    /// Every flag's answer, in the order of the keys, all from one snapshot and at one time; nil if there is no state.
    func answerAll(
        context: EvaluationContext, from source: LookupSource, each: (String, Answer) -> Void
    ) -> StateStamp? {
        counters.count(.allFlagsLookups)
        let snapshot = reader.current()
        guard snapshot.revision != nil else { return nil }
        let stamp = stamp(of: snapshot)
        let now = clock.unixSeconds()
        for key in snapshot.flags.flagKeys {
            let evaluation = evaluate(Lookup(key: key, context: context), in: snapshot, unixSeconds: now)
            counters.count(evaluation, from: source)
            each(key, Answer(stamp: stamp, evaluation: evaluation))
        }
        return stamp
    }

    /// Why a lookup of `key` is answered as it is, from which state; no explanation for an unknown flag, nil if there is no
    /// state.
    func explain(_ key: String, context: EvaluationContext) -> (Explanation?, StateStamp)? {
        let snapshot = reader.current()
        guard snapshot.revision != nil else { return nil }
        return (
            snapshot.flags.explain(key, context: context, unixSeconds: clock.unixSeconds()), stamp(of: snapshot)
        )
    }

    /// An answer to what can't be evaluated at all.
    func refuse(_ problem: ContextProblem, from source: LookupSource) -> Answer {
        let evaluation = Evaluation.failure(problem.code, problem.details)
        counters.count(evaluation, from: source)
        return Answer(stamp: currentStamp(), evaluation: evaluation)
    }

    func currentSnapshot() -> LiveSnapshot { reader.current() }

    func currentStamp() -> StateStamp { stamp(of: reader.current()) }

    static let notReady = ContextProblem(
        code: .providerNotReady,
        details: "the agent holds no confirmed state yet: it has no cache and has not reached a control node")

    private func evaluate(_ lookup: Lookup, in snapshot: LiveSnapshot, unixSeconds: Int64) -> Evaluation {
        guard snapshot.revision != nil else { return .failure(Self.notReady.code, Self.notReady.details) }
        var evaluation = snapshot.flags.evaluate(lookup.key, context: lookup.context, unixSeconds: unixSeconds)
        ValueConversion.convert(&evaluation, key: lookup.key, to: lookup.expected, in: snapshot.flags)
        return evaluation
    }

    private func stamp(of snapshot: LiveSnapshot) -> StateStamp {
        let staleness = live.staleness(atNanoseconds: NIODeadline.now().uptimeNanoseconds)
        return StateStamp(
            epochCounter: snapshot.revision?.epoch.counter ?? 0, epochID: snapshot.revision?.epoch.id ?? 0,
            number: snapshot.revision?.number ?? 0, isReady: snapshot.revision != nil, isStale: staleness.isStale,
            stalenessMilliseconds: staleness.silentFor.map { UInt32(clamping: $0.wholeMilliseconds) })
    }

    // MARK: Connections

    func open(_ connection: some LoopConnection) {
        connections[ObjectIdentifier(connection)] = connection
        scheduleSweep()
    }

    func closed(_ connection: some LoopConnection) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        drained?.succeed()
        drained = nil
    }

    /// Lets every connection finish what it has begun; succeeds when all are closed. What lasts longer than the
    /// configured time is cut off.
    func quiesce() -> EventLoopFuture<Void> {
        isQuiescing = true
        guard !connections.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
        let promise = drained ?? eventLoop.makePromise(of: Void.self)
        drained = promise
        for connection in connections.values { connection.quiesce() }
        eventLoop.assumeIsolated().scheduleTask(in: configuration.stopTimeout) { [weak self] in
            for connection in self.map({ Array($0.connections.values) }) ?? [] { connection.cutOff() }
        }
        return promise.futureResult
    }

    /// One timer for all connections of the loop, and none while there are no connections.
    private func scheduleSweep() {
        guard !isSweeping else { return }
        isSweeping = true
        let quarter = max(configuration.undecidedTimeout.nanoseconds / 4, 1_000_000)
        let interval = min(TimeAmount.seconds(1), TimeAmount.nanoseconds(quarter))
        eventLoop.assumeIsolated().scheduleTask(in: interval) { [weak self] in
            guard let self else { return }
            isSweeping = false
            expireOverdue()
            if !connections.isEmpty { scheduleSweep() }
        }
    }

    private func expireOverdue() {
        let now = NIODeadline.now()
        for connection in Array(connections.values) where connection.deadline.map({ $0 < now }) ?? false {
            connection.expire()
        }
    }

    // MARK: Watching

    func watch(_ connection: BinaryConnection) {
        if watchers.updateValue(connection, forKey: ObjectIdentifier(connection)) == nil {
            counters.change(.watchers, by: 1)
        }
    }

    func unwatch(_ connection: BinaryConnection) {
        if watchers.removeValue(forKey: ObjectIdentifier(connection)) != nil { counters.change(.watchers, by: -1) }
    }

    /// Called after swaps. The stamp is the newest there is, which may be newer than `change`: so that the numbers a
    /// watcher sees never fall.
    func pushed(_ change: LiveState.Change) {
        // Whoever watches or not: what was shown before is let go of.
        let stamp = currentStamp()
        for watcher in Array(watchers.values) { watcher.push(change, stamp: stamp) }
    }
}

/// A connection as its loop sees it.
protocol LoopConnection: AnyObject {
    /// When `expire` is due; nil for never.
    var deadline: NIODeadline? { get }
    func expire()
    /// Answer what has come, then close.
    func quiesce()
    /// Close now.
    func cutOff()
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000 &+ attoseconds / 1_000_000_000_000_000
    }
}
