/// What an agent sends to control (DEALER → ROUTER), one message a frame.
package struct SyncRequest: Sendable, Hashable {
    package var environment: String
    package var body: Body

    package enum Body: Sendable, Hashable {
        /// Which message versions the agent understands, and who it is. Answered by welcome or refused.
        case hello(lowest: UInt16, highest: UInt16, Report)
        case report(Report)
        /// A graceful stop: nobody waits for this agent any more.
        case goodbye(agent: String, boot: UInt64)
        /// What follows this revision? `whole` asks for a manifest even where deltas would do.
        case catchUp(request: UInt64, Revision?, Digest, whole: Bool)
        /// A large delta from this byte on.
        case part(request: UInt64, number: UInt64, offset: UInt32)
        /// The next page of the manifest.
        case manifest(request: UInt64, session: UInt64)
        /// These entries and these pilot groups' members, from the session's state.
        case fetch(request: UInt64, session: UInt64, [EntryKey], pilots: [String])
        /// The next chunk of what was fetched.
        case more(request: UInt64, session: UInt64)
        /// The agent has read what it wanted: others may have its place. Not answered.
        case close(session: UInt64)
    }

    package init(environment: String, _ body: Body) {
        self.environment = environment
        self.body = body
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.string(environment)
        switch body {
        case .hello(let lowest, let highest, let report):
            writer.u8(1)
            writer.u16(lowest)
            writer.u16(highest)
            writer.report(report)
        case .report(let report):
            writer.u8(2)
            writer.report(report)
        case .goodbye(let agent, let boot):
            writer.u8(3)
            writer.string(agent)
            writer.u64(boot)
        case .catchUp(let request, let revision, let digest, let whole):
            writer.u8(4)
            writer.u64(request)
            writer.optionalRevision(revision)
            writer.digest(digest)
            writer.flag(whole)
        case .part(let request, let number, let offset):
            writer.u8(5)
            writer.u64(request)
            writer.u64(number)
            writer.u32(offset)
        case .manifest(let request, let session):
            writer.u8(6)
            writer.u64(request)
            writer.u64(session)
        case .fetch(let request, let session, let keys, let pilots):
            writer.u8(7)
            writer.u64(request)
            writer.u64(session)
            writer.u32(UInt32(keys.count))
            for key in keys { writer.key(key) }
            writer.strings(pilots)
        case .more(let request, let session):
            writer.u8(8)
            writer.u64(request)
            writer.u64(session)
        case .close(let session):
            writer.u8(9)
            writer.u64(session)
        }
        return writer.bytes
    }

    package init(encoded bytes: [UInt8]) throws(MalformedMessage) {
        var reader = WireReader(bytes)
        environment = try reader.string()
        let tag = try reader.u8()
        switch tag {
        case 1: body = .hello(lowest: try reader.u16(), highest: try reader.u16(), try reader.report())
        case 2: body = .report(try reader.report())
        case 3: body = .goodbye(agent: try reader.string(), boot: try reader.u64())
        case 4:
            body = .catchUp(
                request: try reader.u64(), try reader.optionalRevision(), try reader.digest(), whole: try reader.flag())
        case 5: body = .part(request: try reader.u64(), number: try reader.u64(), offset: try reader.u32())
        case 6: body = .manifest(request: try reader.u64(), session: try reader.u64())
        case 7:
            let request = try reader.u64()
            let session = try reader.u64()
            var keys: [EntryKey] = []
            for _ in 0..<(try reader.count(smallest: 5)) { keys.append(try reader.key()) }
            body = .fetch(request: request, session: session, keys, pilots: try reader.strings())
        case 8: body = .more(request: try reader.u64(), session: try reader.u64())
        case 9: body = .close(session: try reader.u64())
        default: throw MalformedMessage(reason: "\(tag) is no kind of request", offset: 0)
        }
        try reader.end()
    }
}
