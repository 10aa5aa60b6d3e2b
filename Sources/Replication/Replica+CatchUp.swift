import Flags
import HashTreeCollections

/// How a replica heals: asks, compares, fetches, and tries again when no answer comes.
extension Replica {
    /// Starts a catch-up unless one is under way.
    mutating func begin(_ actions: inout [ReplicaAction], _ now: UInt64, jitter: Bool, noticedBy: String) {
        switch catchUp {
        case .none: break
        // Refused by a control node of another history; the one that is followed speaks again.
        case .waiting where isRefused: break
        default: return
        }
        isRefused = false
        if let own = state?.revision {
            gapFrom = own.number
            unsaidNotice = noticedBy
            if let heard, heard.epoch == own.epoch, heard.number > own.number {
                actions.append(.note(.gap(from: own.number, to: heard.number, noticedBy: noticedBy)))
                unsaidNotice = nil
            }
        }
        let delay = jitter && settings.jitter > 0 ? random.next() % settings.jitter : 0
        if delay == 0 {
            ask(&actions, now, attempt: 0)
        } else {
            catchUp = .waiting(until: now + delay, attempt: 0)
        }
    }

    /// The agent has just connected: ask at once what it missed, without waiting for a heartbeat.
    package mutating func start(now: UInt64) -> [ReplicaAction] {
        var actions: [ReplicaAction] = []
        begin(&actions, now, jitter: false, noticedBy: "a new connection")
        return actions
    }

    /// The connection to control stands again. What was asked over the one before is lost with it: ask again at once,
    /// whatever back-off was under way.
    package mutating func reconnected(now: UInt64) -> [ReplicaAction] {
        guard isCatchingUp else { return start(now: now) }
        var actions: [ReplicaAction] = []
        ask(&actions, now, attempt: 0)
        return actions
    }

    /// The cache can't be led on from what it holds: fetch everything anew. Ends in a batch that is whole; says nothing
    /// while one is on its way.
    package mutating func fetchEverything(now: UInt64) -> [ReplicaAction] {
        guard !needsEverything else { return [] }
        needsEverything = true
        needsWhole = true
        var actions: [ReplicaAction] = []
        begin(&actions, now, jitter: true, noticedBy: "its cache")
        return actions
    }

    /// Time has passed.
    package mutating func tick(now: UInt64) -> [ReplicaAction] {
        guard let deadline = catchUp.deadline, now >= deadline else { return [] }
        var actions: [ReplicaAction] = []
        if case .waiting(_, let attempt) = catchUp {
            ask(&actions, now, attempt: attempt)
        } else {
            // No answer: control is away, or the answer was lost. A session may be over by now: from the start.
            ask(&actions, now, attempt: catchUp.attempt + 1)
        }
        return actions
    }

    mutating func ask(_ actions: inout [ReplicaAction], _ now: UInt64, attempt: Int) {
        isRefused = false
        let request = newRequest()
        catchUp = .asking(.init(request: request, deadline: now + timeout(attempt), attempt: attempt, part: nil))
        actions.append(
            .send(.catchUp(request: request, state?.revision, state?.digest ?? .empty, whole: needsWhole)))
    }

    mutating func newRequest() -> UInt64 {
        nextRequest += 1
        return nextRequest
    }

    mutating func timeout(_ attempt: Int) -> UInt64 {
        let wait = min(settings.longestWait, settings.requestTimeout << UInt64(min(attempt, 10)))
        return wait + random.next() % max(1, wait / 4)
    }

    mutating func finish(_ actions: inout [ReplicaAction], how: String) {
        catchUp = .none
        if let from = gapFrom, let to = state?.revision.number, to > from {
            if let unsaidNotice { actions.append(.note(.gap(from: from, to: to, noticedBy: unsaidNotice))) }
            actions.append(.note(.healed(from: from, to: to, how: how)))
        }
        gapFrom = nil
        unsaidNotice = nil
    }

    // MARK: Replies

    package mutating func receive(_ reply: SyncReply, now: UInt64) -> [ReplicaAction] {
        var actions: [ReplicaAction] = []
        switch reply {
        case .welcome: setRefusal(nil)
        // Laid over what is shown by the shell, which alone knows what that is.
        case .kill: break
        case .refused(let request, let refusal, let text):
            guard request == 0 || answers(request) else { break }
            if self.refusal != text { actions.append(.note(.refused(refusal, text))) }
            setRefusal(text)
            if request != 0 {
                wait(settings.longestWait, now)
                isRefused = true
            }
        case .deltas(let request, let encoded, let head):
            guard case .asking(let asking) = catchUp, asking.request == request else { break }
            receive(deltas: encoded, head: head, &actions, now)
        case .part(let request, let number, let offset, let total, let bytes):
            guard case .asking(let asking) = catchUp, asking.request == request else { break }
            receive(part: bytes, of: number, offset: offset, total: total, asking, &actions, now)
        case .upToDate(let request):
            guard answers(request) else { break }
            // Control's word on what there is. A higher number that was heard before is one that control has lost since
            // (a restored backup): asking for it again and again would bring nothing, and what is kept of it would clash
            // with what will bear its number.
            heard = state?.revision
            kept.removeAll()
            settle(&actions, now, how: "nothing was missing")
        case .manifest(let request, let session, let revision, let digest, let lines, let last):
            guard answers(request) else { break }
            receive(manifest: lines, session, revision, digest, last: last, &actions, now)
        case .entries(let request, _, let changes, let last):
            guard case .fetching(let fetching) = catchUp, fetching.request == request else { break }
            receive(entries: changes, last: last, fetching, &actions, now)
        case .busy(let request, let milliseconds):
            guard answers(request) else { break }
            wait(UInt64(milliseconds), now)
        case .sessionOver(let request):
            guard answers(request) else { break }
            ask(&actions, now, attempt: catchUp.attempt)
        }
        return actions
    }

    private func answers(_ request: UInt64) -> Bool {
        switch catchUp {
        case .none, .waiting: false
        case .asking(let asking): asking.request == request
        case .comparing(let comparing): comparing.request == request
        case .fetching(let fetching): fetching.request == request
        }
    }

    mutating func wait(_ milliseconds: UInt64, _ now: UInt64) {
        let jitter = random.next() % max(1, milliseconds / 2)
        catchUp = .waiting(until: now + milliseconds + jitter, attempt: catchUp.attempt)
    }

    /// An answer closed the gap it was asked about; what was kept is applied, and what is still missing asked for.
    mutating func settle(_ actions: inout [ReplicaAction], _ now: UInt64, how: String) {
        setRefusal(nil)
        catchUp = .none
        drainKept(&actions, now)
        // Applying may have found another reason to catch up.
        guard case .none = catchUp else { return }
        if needsWhole {
            ask(&actions, now, attempt: 0)
        } else if let own = state?.revision, let heard, heard.epoch == own.epoch, heard.number > own.number {
            ask(&actions, now, attempt: 0)
        } else {
            finish(&actions, how: how)
        }
    }

    private mutating func receive(
        deltas encoded: [[UInt8]], head: UInt64, _ actions: inout [ReplicaAction], _ now: UInt64
    ) {
        guard let own = state?.revision else { return }
        var deltas: [Delta] = []
        var next = own.number + 1
        for bytes in encoded {
            guard let delta = try? Delta(encoded: bytes), delta.revision.epoch == own.epoch else {
                actions.append(.note(.malformed("a catch-up brought a delta that can't be read")))
                needsWhole = true
                break
            }
            if delta.revision.number < next { continue }
            guard delta.revision.number == next else { break }
            deltas.append(delta)
            next += 1
        }
        catchUp = .none
        apply(deltas, &actions, now)
        guard case .none = catchUp else { return }
        if let number = state?.revision.number, number < head, !needsWhole {
            drainKept(&actions, now)
            if case .none = catchUp, let number = state?.revision.number, number < head {
                return ask(&actions, now, attempt: 0)
            }
        }
        settle(&actions, now, how: "deltas")
    }

    private mutating func receive(
        part bytes: [UInt8], of number: UInt64, offset: UInt32, total: UInt32, _ asking: CatchUp.Asking,
        _ actions: inout [ReplicaAction], _ now: UInt64
    ) {
        guard let own = state?.revision else { return }
        var part = asking.part ?? CatchUp.Part(number: number, bytes: [])
        if number <= own.number || part.number != number || part.bytes.count != Int(offset) {
            return ask(&actions, now, attempt: asking.attempt)
        }
        part.bytes.append(contentsOf: bytes)
        guard part.bytes.count >= Int(total) else {
            let request = newRequest()
            catchUp = .asking(
                .init(request: request, deadline: now + timeout(asking.attempt), attempt: asking.attempt, part: part))
            actions.append(.send(.part(request: request, number: number, offset: UInt32(part.bytes.count))))
            return
        }
        receive(deltas: [part.bytes], head: heard.map { max($0.number, number) } ?? number, &actions, now)
    }
}
