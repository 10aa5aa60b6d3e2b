import LookupProtocol

/// What decides for a client: which lookups wait, what is to be sent, when to connect again. No clock, no socket: times
/// come in as nanoseconds of one clock that never runs backwards.
struct ClientState<Waiter: Sendable>: Sendable {
    enum Phase: Sendable, Hashable {
        case connecting
        case connected(since: UInt64)
        /// Between two attempts.
        case away(reason: String)
        case shutDown
    }

    enum Admission: Sendable, Hashable {
        /// It waits. `wakes`: the event loop must be told to take the work.
        case waits(wakes: Bool)
        case refused(LookupProblem)
    }

    /// When to connect again.
    enum Retry: Sendable, Hashable {
        case never
        case atOnce
        /// In so many nanoseconds.
        case after(UInt64)
    }

    /// What a lost or failed connection leads to.
    struct Loss: Sendable {
        var waiters: [Waiter]
        var problem: LookupProblem
        var retry: Retry
    }

    /// Never a lookup's.
    static var watchID: UInt32 { .max }
    /// Requests that the agent hasn't answered, in bytes.
    static var byteLimit: Int { 16 << 20 }
    private static var millisecond: UInt64 { 1_000_000 }

    private(set) var phase = Phase.connecting
    private let limit: Int
    private var pending: PendingLookups<Waiter>
    private var backOff = BackOff()
    /// Before that time, a lost connection isn't made again at once: an agent that ends each one must not be pestered.
    private var quickRetryFrom: UInt64 = 0
    private var outgoing: [UInt8] = []
    private var isWakeUpDue = false
    private var wantsChanges = false
    /// When the loop looks for deadlines that have passed.
    private var sweepAt: UInt64?

    init(maximumInFlight limit: Int) {
        self.limit = limit
        pending = PendingLookups(limit: limit, byteLimit: Self.byteLimit)
    }

    // MARK: What callers do

    mutating func admit(
        _ waiter: Waiter, key: String, expected: ValueType, subject: LookupSubject, deadline: UInt64
    ) -> Admission {
        switch phase {
        case .away(let reason): return .refused(.unreachable(reason))
        case .shutDown: return .refused(.shutDown)
        case .connecting, .connected: break
        }
        let bytes = LookupRequest.length(key: key, subject: subject)
        guard let id = pending.add(waiter, deadline: deadline, bytes: bytes) else {
            return .refused(.tooManyInFlight(pending.count))
        }
        LookupRequest(id: id, key: key, expected: expected, subject: subject).write(to: &outgoing)
        let sweep = Self.sweepTime(deadline)
        let isEarlier = sweepAt.map { sweep < $0 } ?? true
        if isEarlier { sweepAt = sweep }
        // While connecting, what is to be sent waits; only an earlier deadline is the loop's concern.
        return .waits(wakes: wakeUp(isEarlier || phase != .connecting))
    }

    /// From now on every connection watches. True if the loop must be told.
    mutating func watch() -> Bool {
        guard !wantsChanges, phase != .shutDown else { return false }
        wantsChanges = true
        guard case .connected = phase else { return false }
        ClientFrame.watch(id: Self.watchID).write(to: &outgoing)
        return wakeUp(true)
    }

    /// Those who still wait. Nothing is admitted afterwards.
    mutating func shutDown() -> [Waiter] {
        phase = .shutDown
        outgoing = []
        sweepAt = nil
        return pending.removeAll()
    }

    private mutating func wakeUp(_ isNeeded: Bool) -> Bool {
        guard isNeeded, !isWakeUpDue else { return false }
        isWakeUpDue = true
        return true
    }

    /// Whole milliseconds, so that lookups that began together are given up together.
    private static func sweepTime(_ deadline: UInt64) -> UInt64 {
        (deadline + millisecond - 1) / millisecond * millisecond
    }

    // MARK: What the event loop does

    /// Swaps what is to be sent into `bytes`, which must be empty, if there is a connection to send it on. Gives the
    /// time of the next sweep.
    mutating func takeWork(into bytes: inout [UInt8]) -> UInt64? {
        isWakeUpDue = false
        if case .connected = phase { swap(&bytes, &outgoing) }
        return sweepAt
    }

    /// The waiter of an answered request; nil if it has given up.
    mutating func finish(_ id: UInt32) -> Waiter? { pending.take(id) }

    /// Those whose deadline has passed, why, and when to sweep next.
    mutating func sweep(at now: UInt64) -> (waiters: [Waiter], problem: LookupProblem, next: UInt64?) {
        let waiters = pending.expire(at: now)
        sweepAt = pending.earliestDeadline.map { Self.sweepTime($0) }
        return (waiters, phase == .connecting ? .notConnectedInTime : .noAnswerInTime, sweepAt)
    }

    /// False if nobody wants the connection any more.
    mutating func connected(at now: UInt64) -> Bool {
        guard phase == .connecting else { return false }
        phase = .connected(since: now)
        var first = Preamble.client()
        if wantsChanges { ClientFrame.watch(id: Self.watchID).write(to: &first) }
        outgoing = first + outgoing
        return true
    }

    /// - Parameter chance: 0 to 1, for the time until the next attempt.
    mutating func disconnected(_ reason: String, at now: UInt64, chance: Double) -> Loss {
        guard phase != .shutDown else { return Loss(waiters: [], problem: .shutDown, retry: .never) }
        outgoing = []
        var loss = Loss(waiters: pending.removeAll(), problem: .unreachable(reason), retry: .atOnce)
        if case .connected(let since) = phase {
            loss.problem = .connectionLost(reason)
            // A connection that ends as soon as it is made doesn't count as one.
            if now - since >= BackOff.limit { backOff.reset() }
            if now >= quickRetryFrom {
                quickRetryFrom = now + BackOff.limit
                phase = .connecting
                return loss
            }
        }
        phase = .away(reason: reason)
        loss.retry = .after(backOff.next(chance: chance))
        return loss
    }

    /// The wait is over: whether to connect.
    mutating func retries() -> Bool {
        guard case .away = phase else { return false }
        phase = .connecting
        return true
    }
}

extension LookupRequest {
    /// Bytes of the frame, its length included.
    static func length(key: String, subject: LookupSubject) -> Int {
        Frame.lengthBytes + Frame.headerLength + 2 + 2 + key.utf8.count
            + (subject.targetingKey.map { 4 + $0.utf8.count } ?? 0) + (subject.context.map { 4 + $0.count } ?? 0)
    }
}
