/// Control's deciding half of catch-up: answers one environment's agents from a persistent state and the newest deltas.
///
/// Every answer is one bounded chunk, and the agent asks for the next one when it has taken that in: its asking is the
/// credit. A herd of agents costs one chunk each; the states that sessions read from share all but what changed since.
package struct CatchUpServer: Sendable {
    package struct Settings: Sendable {
        package var maximumSessions = 32
        /// A session that nobody asks of is dropped after so many milliseconds.
        package var sessionIdle: UInt64 = 10_000
        /// When all are taken, one that nobody has asked of for so long makes room: its agent has given up by then and
        /// begins anew.
        package var sessionYields: UInt64 = 2_000
        package var busyRetry: UInt32 = 200
        package var chunkBytes = Wire.chunkBytes

        package init() {}
    }

    package private(set) var state: ReplicatedState
    private var recent: RecentDeltas
    private let node: UInt64
    private let settings: Settings
    private var sessions: [UInt64: CatchUpSession] = [:]
    private var nextSession: UInt64

    package init(
        _ state: ReplicatedState, recent: RecentDeltas = RecentDeltas(), node: UInt64, settings: Settings = Settings()
    ) {
        self.state = state
        self.recent = recent
        self.node = node
        self.settings = settings
        // Numbers of one process never answer to another's: a session outlives no restart.
        nextSession = node
    }

    package var sessionCount: Int { sessions.count }

    package func heartbeat(clock: UInt64) -> Heartbeat {
        Heartbeat(revision: state.revision, digest: state.digest, clock: clock, node: node)
    }

    /// Control has stored these deltas and stands at `state` now.
    package mutating func advance(to state: ReplicatedState, deltas: [RecentDeltas.Item]) {
        if state.revision.epoch != self.state.revision.epoch { recent.removeAll() }
        self.state = state
        for delta in deltas { recent.append(delta) }
    }

    /// Does what an agent holds belong to this history? Nil when it does, as far as control can tell.
    package func divergence(from revision: Revision, digest: Digest) -> Divergence? {
        let own = state.revision
        func found(_ kind: Divergence.Kind) -> Divergence {
            Divergence(kind, heard: revision, heardDigest: digest, own: own)
        }
        if revision.epoch.counter > own.epoch.counter { return found(.higherEpoch) }
        if revision.epoch.counter < own.epoch.counter { return nil }
        if revision.epoch.id != own.epoch.id { return found(.otherEpoch) }
        if revision.number > own.number { return found(.higherNumber) }
        let known = revision.number == own.number ? state.digest : recent[revision.number]?.digest
        if let known, known != digest { return found(.otherDigest) }
        return nil
    }

    /// Does what an agent reports belong to this history? A kill that it holds ahead of its turn counts as heard of: one
    /// that control has lost would otherwise stay in force there, and nobody would know.
    package func divergence(of report: Report) -> Divergence? {
        guard let held = report.revision else { return nil }
        if let divergence = divergence(from: held, digest: report.digest) { return divergence }
        let ahead = Revision(epoch: held.epoch, number: report.killAhead)
        // No digest of that number is known, and one that control never gave needs none.
        return ahead.number > state.revision.number ? divergence(from: ahead, digest: report.digest) : nil
    }

    /// Answers one request; nil for those that ask nothing (reports, goodbyes, and the closing of a session).
    package mutating func answer(_ request: SyncRequest.Body, now: UInt64) -> SyncReply? {
        sessions = sessions.filter { now < $0.value.lastUsed + settings.sessionIdle }
        switch request {
        case .hello(let lowest, let highest, _):
            guard lowest <= Wire.version, Wire.version <= highest else {
                return .refused(
                    request: 0, .version,
                    text: "this control node speaks version \(Wire.version) of the protocol, the agent \(lowest) to "
                        + "\(highest): upgrade the older of the two")
            }
            return .welcome(version: Wire.version, node: node)
        case .report, .goodbye: return nil
        case .close(let session):
            sessions[session] = nil
            return nil
        case .catchUp(let request, let revision, let digest, let whole):
            return catchUp(request, revision, digest, whole: whole, now: now)
        case .part(let request, let number, let offset): return part(request, number, offset)
        case .manifest(let request, let session):
            return read(session, now: now, request) { [settings] in
                $0.nextManifestPage(request: request, maximumBytes: settings.chunkBytes)
            }
        case .fetch(let request, let session, let keys, let pilots):
            return read(session, now: now, request) { [settings] in
                $0.want(keys, pilots)
                return $0.nextEntries(request: request, maximumBytes: settings.chunkBytes)
            }
        case .more(let request, let session):
            return read(session, now: now, request) { [settings] in
                $0.nextEntries(request: request, maximumBytes: settings.chunkBytes)
            }
        }
    }

    private mutating func catchUp(
        _ request: UInt64, _ revision: Revision?, _ digest: Digest, whole: Bool, now: UInt64
    ) -> SyncReply {
        guard let revision else { return open(request, now: now) }
        if let divergence = divergence(from: revision, digest: digest), divergence.kind != .otherDigest {
            return .refused(request: request, .otherHistory, text: divergence.description)
        }
        let own = state.revision
        if whole || revision.epoch != own.epoch { return open(request, now: now) }
        if revision.number == own.number {
            return digest == state.digest ? .upToDate(request: request) : open(request, now: now)
        }
        if let known = recent[revision.number], known.digest != digest { return open(request, now: now) }
        guard let first = recent[revision.number + 1] else { return open(request, now: now) }
        if first.bytes.count > settings.chunkBytes { return part(request, first.number, 0) }
        var deltas: [[UInt8]] = []
        var size = 0
        var number = first.number
        while let item = recent[number], size + item.bytes.count <= settings.chunkBytes {
            deltas.append(item.bytes)
            size += item.bytes.count
            number += 1
        }
        return .deltas(request: request, deltas, head: own.number)
    }

    private func part(_ request: UInt64, _ number: UInt64, _ offset: UInt32) -> SyncReply {
        guard let item = recent[number], Int(offset) < item.bytes.count else { return .sessionOver(request: request) }
        let end = min(item.bytes.count, Int(offset) + settings.chunkBytes)
        return .part(
            request: request, number: number, offset: offset, total: UInt32(item.bytes.count),
            Array(item.bytes[Int(offset)..<end]))
    }

    private mutating func open(_ request: UInt64, now: UInt64) -> SyncReply {
        if sessions.count >= settings.maximumSessions {
            guard let idlest = sessions.values.min(by: { ($0.lastUsed, $0.id) < ($1.lastUsed, $1.id) }),
                now >= idlest.lastUsed + settings.sessionYields
            else { return .busy(request: request, milliseconds: settings.busyRetry) }
            sessions[idlest.id] = nil
        }
        nextSession &+= 1
        var session = CatchUpSession(id: nextSession, state: state, now: now)
        let page = session.nextManifestPage(request: request, maximumBytes: settings.chunkBytes)
        sessions[session.id] = session
        return page
    }

    private mutating func read(
        _ id: UInt64, now: UInt64, _ request: UInt64, _ next: (inout CatchUpSession) -> SyncReply
    ) -> SyncReply {
        guard var session = sessions.removeValue(forKey: id) else { return .sessionOver(request: request) }
        session.lastUsed = now
        let reply = next(&session)
        sessions[id] = session
        return reply
    }
}
