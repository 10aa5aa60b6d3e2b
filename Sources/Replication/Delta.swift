/// An accepted change with its revision: all of it becomes visible at once.
///
/// Control encodes a delta once; the same bytes stand in its log, go out on PUB and answer catch-ups.
package struct Delta: Sendable, Hashable {
    package var revision: Revision
    /// The digest of the whole state once this delta is applied.
    package var digest: Digest
    /// Control's clock at acceptance, milliseconds since 1970.
    package var time: UInt64
    package var changes: [EntryChange]

    package init(revision: Revision, digest: Digest, time: UInt64, changes: [EntryChange]) {
        self.revision = revision
        self.digest = digest
        self.time = time
        self.changes = changes
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter(reserving: 512)
        writer.revision(revision)
        writer.digest(digest)
        writer.u64(time)
        writer.changes(changes)
        return writer.bytes
    }

    package init(encoded bytes: [UInt8]) throws(MalformedMessage) {
        var reader = WireReader(bytes)
        revision = try reader.revision()
        digest = try reader.digest()
        time = try reader.u64()
        changes = try reader.changes()
        try reader.end()
    }
}

extension WireWriter {
    mutating func changes(_ changes: [EntryChange]) {
        u32(UInt32(changes.count))
        for change in changes {
            switch change {
            case .put(let entry, let stored):
                u8(1)
                key(entry)
                blob(stored)
            case .delete(let entry):
                u8(2)
                key(entry)
            case .addMembers(let pilot, let members):
                u8(3)
                string(pilot)
                strings(members)
            case .removeMembers(let pilot, let members):
                u8(4)
                string(pilot)
                strings(members)
            case .replaceMembers(let pilot, let members):
                u8(5)
                string(pilot)
                strings(members)
            }
        }
    }
}

extension WireReader {
    mutating func changes() throws(MalformedMessage) -> [EntryChange] {
        let count = try count(smallest: 6)
        var changes: [EntryChange] = []
        changes.reserveCapacity(count)
        for _ in 0..<count {
            let tag = try u8()
            switch tag {
            case 1: changes.append(.put(try key(), try blob()))
            case 2: changes.append(.delete(try key()))
            case 3: changes.append(.addMembers(pilot: try string(), try strings()))
            case 4: changes.append(.removeMembers(pilot: try string(), try strings()))
            case 5: changes.append(.replaceMembers(pilot: try string(), try strings()))
            default: throw MalformedMessage(reason: "\(tag) is no kind of change", offset: 0)
            }
        }
        return changes
    }
}
