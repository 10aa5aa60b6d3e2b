import Replication

/// Messages of every kind with random content, drawn from a seed.
struct RandomMessages {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func bits() -> UInt64 { random.next() }

    mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    mutating func flip() -> Bool { random.next() & 1 == 0 }

    mutating func text() -> String {
        let letters = ["a", "flag", "-", "é", "e\u{301}", "\u{1F525}", "\u{0}", "\"", "\\"]
        return (0..<below(6)).map { _ in letters[below(letters.count)] }.joined()
    }

    mutating func texts() -> [String] { (0..<below(5)).map { _ in text() } }

    mutating func bytes() -> [UInt8] { (0..<below(40)).map { _ in UInt8(truncatingIfNeeded: bits()) } }

    mutating func revision() -> Revision {
        Revision(epoch: Epoch(counter: bits() >> UInt64(below(64)), id: bits()), number: bits() >> UInt64(below(64)))
    }

    mutating func digest() -> Digest { Digest(bits(), bits(), bits(), bits()) }

    mutating func key() -> EntryKey { EntryKey(EntryKind(rawValue: UInt8(below(256))), text()) }

    mutating func change() -> EntryChange {
        switch below(5) {
        case 0: .put(key(), bytes())
        case 1: .delete(key())
        case 2: .addMembers(pilot: text(), texts())
        case 3: .removeMembers(pilot: text(), texts())
        default: .replaceMembers(pilot: text(), texts())
        }
    }

    mutating func changes() -> [EntryChange] { (0..<below(6)).map { _ in change() } }

    mutating func delta() -> Delta { Delta(revision: revision(), digest: digest(), time: bits(), changes: changes()) }

    mutating func report() -> Report {
        Report(
            agent: text(), name: text(), boot: bits(), revision: flip() ? revision() : nil, digest: digest(),
            killAhead: bits(), entryCount: bits(), quarantined: texts(),
            quarantinedCount: UInt32(truncatingIfNeeded: bits()),
            service: text(), serviceVersion: text(), health: ServiceHealth(rawValue: UInt8(below(4))) ?? .unchecked,
            pid: UInt32(truncatingIfNeeded: bits()), conflict: text(), clock: bits(),
            skew: flip() ? Int64(bitPattern: bits()) : nil)
    }

    mutating func publications() -> [Publication] {
        [
            .delta(delta()), .announcement(revision(), digest(), bytes: UInt32(truncatingIfNeeded: bits())),
            .heartbeat(Heartbeat(revision: revision(), digest: digest(), clock: bits(), node: bits())),
        ]
    }

    mutating func requests() -> [SyncRequest] {
        let bodies: [SyncRequest.Body] = [
            .hello(lowest: 1, highest: UInt16(below(9)), report()), .report(report()),
            .goodbye(agent: text(), boot: bits()),
            .catchUp(request: bits(), flip() ? revision() : nil, digest(), whole: flip()),
            .part(request: bits(), number: bits(), offset: UInt32(truncatingIfNeeded: bits())),
            .manifest(request: bits(), session: bits()),
            .fetch(request: bits(), session: bits(), (0..<below(5)).map { _ in key() }, pilots: texts()),
            .more(request: bits(), session: bits()), .close(session: bits()),
        ]
        return bodies.map { SyncRequest(environment: text(), $0) }
    }

    mutating func replies() -> [SyncReply] {
        [
            .welcome(version: UInt16(below(9)), node: bits()),
            .refused(
                request: bits(), [.unknownEnvironment, .version, .otherHistory, .malformed][below(4)], text: text()),
            .deltas(request: bits(), (0..<below(4)).map { _ in delta().encoded() }, head: bits()),
            .part(
                request: bits(), number: bits(), offset: UInt32(below(1_000)), total: UInt32(below(1_000)), bytes()),
            .upToDate(request: bits()),
            .manifest(
                request: bits(), session: bits(), revision(), digest(),
                (0..<below(5)).map { _ in
                    flip() ? .entry(key(), digest()) : .members(pilot: text(), count: bits(), sum: digest())
                }, last: flip()),
            .entries(request: bits(), session: bits(), changes(), last: flip()),
            .busy(request: bits(), milliseconds: UInt32(truncatingIfNeeded: bits())), .sessionOver(request: bits()),
        ]
    }
}
