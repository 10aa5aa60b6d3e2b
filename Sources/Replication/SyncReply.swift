/// What control sends to one agent (ROUTER → DEALER), one message a frame. A reply names the request it answers.
package enum SyncReply: Sendable, Hashable {
    case welcome(version: UInt16, node: UInt64)
    /// Not to be repeated unchanged: unknown environment, no common version, a history that isn't this one.
    case refused(request: UInt64, Refusal, text: String)
    /// Encoded deltas that follow the revision asked about, and the number control holds by now.
    case deltas(request: UInt64, [[UInt8]], head: UInt64)
    /// A piece of one large encoded delta.
    case part(request: UInt64, number: UInt64, offset: UInt32, total: UInt32, [UInt8])
    case upToDate(request: UInt64)
    /// A page of what makes up the state at `revision`. `last`: no page follows.
    case manifest(request: UInt64, session: UInt64, Revision, Digest, [ManifestLine], last: Bool)
    /// A chunk of what was fetched. `last`: nothing of that fetch is left.
    case entries(request: UInt64, session: UInt64, [EntryChange], last: Bool)
    /// Too many agents catch up at once: ask again after so many milliseconds.
    case busy(request: UInt64, milliseconds: UInt32)
    /// The session has ended (control restarted, or it lay idle): begin again.
    case sessionOver(request: UInt64)
    /// Answers nothing: sent to every agent the moment a kill is stored, ahead of what else is on its way.
    case kill(UrgentKill)

    package enum Refusal: UInt8, Sendable, Hashable {
        case unknownEnvironment = 1
        case version = 2
        /// The agent's epoch is higher than control's, or another one with the same counter, or its number is higher.
        case otherHistory = 3
        case malformed = 4
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter(reserving: 256)
        switch self {
        case .welcome(let version, let node):
            writer.u8(1)
            writer.u16(version)
            writer.u64(node)
        case .refused(let request, let refusal, let text):
            writer.u8(2)
            writer.u64(request)
            writer.u8(refusal.rawValue)
            writer.string(text)
        case .deltas(let request, let deltas, let head):
            writer.u8(3)
            writer.u64(request)
            writer.u32(UInt32(deltas.count))
            for delta in deltas { writer.blob(delta) }
            writer.u64(head)
        case .part(let request, let number, let offset, let total, let bytes):
            writer.u8(4)
            writer.u64(request)
            writer.u64(number)
            writer.u32(offset)
            writer.u32(total)
            writer.blob(bytes)
        case .upToDate(let request):
            writer.u8(5)
            writer.u64(request)
        case .manifest(let request, let session, let revision, let digest, let lines, let last):
            writer.u8(6)
            writer.u64(request)
            writer.u64(session)
            writer.revision(revision)
            writer.digest(digest)
            writer.u32(UInt32(lines.count))
            for line in lines { writer.manifestLine(line) }
            writer.flag(last)
        case .entries(let request, let session, let changes, let last):
            writer.u8(7)
            writer.u64(request)
            writer.u64(session)
            writer.changes(changes)
            writer.flag(last)
        case .busy(let request, let milliseconds):
            writer.u8(8)
            writer.u64(request)
            writer.u32(milliseconds)
        case .sessionOver(let request):
            writer.u8(9)
            writer.u64(request)
        case .kill(let kill):
            writer.u8(Self.killTag)
            writer.urgentKill(kill)
        }
        return writer.bytes
    }

    package init(encoded bytes: [UInt8]) throws(MalformedMessage) {
        var reader = WireReader(bytes)
        let tag = try reader.u8()
        switch tag {
        case 1: self = .welcome(version: try reader.u16(), node: try reader.u64())
        case 2:
            let request = try reader.u64()
            let code = try reader.u8()
            guard let refusal = Refusal(rawValue: code) else {
                throw MalformedMessage(reason: "\(code) is no kind of refusal", offset: 9)
            }
            self = .refused(request: request, refusal, text: try reader.string())
        case 3:
            let request = try reader.u64()
            var deltas: [[UInt8]] = []
            for _ in 0..<(try reader.count(smallest: 4)) { deltas.append(try reader.blob()) }
            self = .deltas(request: request, deltas, head: try reader.u64())
        case 4:
            self = .part(
                request: try reader.u64(), number: try reader.u64(), offset: try reader.u32(), total: try reader.u32(),
                try reader.blob())
        case 5: self = .upToDate(request: try reader.u64())
        case 6:
            let request = try reader.u64()
            let session = try reader.u64()
            let revision = try reader.revision()
            let digest = try reader.digest()
            var lines: [ManifestLine] = []
            for _ in 0..<(try reader.count(smallest: 37)) { lines.append(try reader.manifestLine()) }
            self = .manifest(
                request: request, session: session, revision, digest, lines, last: try reader.flag())
        case 7:
            self = .entries(
                request: try reader.u64(), session: try reader.u64(), try reader.changes(), last: try reader.flag())
        case 8: self = .busy(request: try reader.u64(), milliseconds: try reader.u32())
        case 9: self = .sessionOver(request: try reader.u64())
        case Self.killTag: self = .kill(try reader.urgentKill())
        default: throw MalformedMessage(reason: "\(tag) is no kind of reply", offset: 0)
        }
        try reader.end()
    }
}

/// One line of a manifest: enough to tell whether one's own copy is the same.
package enum ManifestLine: Sendable, Hashable {
    case entry(EntryKey, Digest)
    /// A pilot group's members as a whole.
    case members(pilot: String, count: UInt64, sum: Digest)
}

extension WireWriter {
    mutating func manifestLine(_ line: ManifestLine) {
        switch line {
        case .entry(let entry, let term):
            u8(1)
            key(entry)
            digest(term)
        case .members(let pilot, let count, let sum):
            u8(2)
            string(pilot)
            u64(count)
            digest(sum)
        }
    }
}

extension WireReader {
    mutating func manifestLine() throws(MalformedMessage) -> ManifestLine {
        let tag = try u8()
        switch tag {
        case 1: return .entry(try key(), try digest())
        case 2: return .members(pilot: try string(), count: try u64(), sum: try digest())
        default: throw MalformedMessage(reason: "\(tag) is no kind of manifest line", offset: 0)
        }
    }
}
