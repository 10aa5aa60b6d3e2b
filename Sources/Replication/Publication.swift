/// What control publishes to every agent of an environment. On PUB: frame 1 the topic, frame 2 these bytes.
package enum Publication: Sendable, Hashable {
    case delta(Delta)
    /// A delta too large for PUB is there to be fetched.
    case announcement(Revision, Digest, bytes: UInt32)
    case heartbeat(Heartbeat)

    package func encoded() -> [UInt8] {
        switch self {
        case .delta(let delta): return Publication.encoded(delta: delta.encoded())
        case .announcement(let revision, let digest, let size):
            var writer = WireWriter()
            writer.u8(2)
            writer.revision(revision)
            writer.digest(digest)
            writer.u32(size)
            return writer.bytes
        case .heartbeat(let heartbeat):
            var writer = WireWriter()
            writer.u8(3)
            writer.heartbeat(heartbeat)
            return writer.bytes
        }
    }

    /// A delta's publication from the bytes control already holds.
    package static func encoded(delta bytes: [UInt8]) -> [UInt8] { [1] + bytes }

    package init(encoded bytes: [UInt8]) throws(MalformedMessage) {
        var reader = WireReader(bytes)
        let tag = try reader.u8()
        switch tag {
        case 1: self = .delta(try Delta(encoded: Array(bytes.dropFirst())))
        case 2:
            self = .announcement(try reader.revision(), try reader.digest(), bytes: try reader.u32())
            try reader.end()
        case 3:
            self = .heartbeat(try reader.heartbeat())
            try reader.end()
        default: throw MalformedMessage(reason: "\(tag) is no kind of publication", offset: 0)
        }
    }
}

/// The control node's word on where an environment stands, at least once a second.
package struct Heartbeat: Sendable, Hashable {
    package var revision: Revision
    package var digest: Digest
    /// Control's clock, milliseconds since 1970.
    package var clock: UInt64
    /// Which process speaks; another one means another start.
    package var node: UInt64

    package init(revision: Revision, digest: Digest, clock: UInt64, node: UInt64) {
        self.revision = revision
        self.digest = digest
        self.clock = clock
        self.node = node
    }
}

extension WireWriter {
    mutating func heartbeat(_ heartbeat: Heartbeat) {
        revision(heartbeat.revision)
        digest(heartbeat.digest)
        u64(heartbeat.clock)
        u64(heartbeat.node)
    }
}

extension WireReader {
    mutating func heartbeat() throws(MalformedMessage) -> Heartbeat {
        Heartbeat(revision: try revision(), digest: try digest(), clock: try u64(), node: try u64())
    }
}
