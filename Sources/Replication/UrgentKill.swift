import Flags

/// The urgent copy of a delta that kills a flag: what to serve, and the revision whose delta says so in order.
package struct UrgentKill: Sendable, Hashable {
    package var flag: String
    package var kill: Kill
    /// Of the delta it is a copy of. Whoever shows that number, or a higher one, has no use for the copy.
    package var revision: Revision

    package init(flag: String, kill: Kill, revision: Revision) {
        self.flag = flag
        self.kill = kill
        self.revision = revision
    }

    /// The kills among a delta's changes.
    package static func all(in delta: Delta) -> [UrgentKill] {
        delta.changes.compactMap { change in
            guard case .put(let key, let bytes) = change, key.kind == .kill,
                let kill = try? Kill(storedBytes: bytes)
            else { return nil }
            return UrgentKill(flag: key.name, kill: kill, revision: delta.revision)
        }
    }
}

extension SyncReply {
    /// What `.kill` begins with.
    static let killTag: UInt8 = 10

    /// Is this a kill? Told by the first byte, so that nobody reads a large chunk to find out.
    package static func isUrgent(encoded bytes: [UInt8]) -> Bool { bytes.first == killTag }
}

extension WireWriter {
    mutating func urgentKill(_ kill: UrgentKill) {
        revision(kill.revision)
        string(kill.flag)
        blob(kill.kill.storedBytes)
    }
}

extension WireReader {
    mutating func urgentKill() throws(MalformedMessage) -> UrgentKill {
        let revision = try revision()
        let flag = try string()
        let bytes = try blob()
        guard let kill = try? Kill(storedBytes: bytes) else {
            throw MalformedMessage(reason: "the kill of \"\(flag)\" can't be read", offset: 0)
        }
        return UrgentKill(flag: flag, kill: kill, revision: revision)
    }
}
