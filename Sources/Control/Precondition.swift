import HashTreeCollections
import JSON
import Replication

/// What must still be true for a change to be made: nobody else has changed what its author looked at.
package struct Precondition: Sendable, Hashable {
    /// Entity tags of `If-Match` (RFC 9110), quotes included; `*` matches whatever is there. Nil asks nothing.
    package var tags: [String]?
    /// The number at which the environment must stand. Nil asks nothing.
    package var number: UInt64?

    package init(tags: [String]? = nil, number: UInt64? = nil) {
        self.tags = tags
        self.number = number
    }

    /// - Parameter entry: what the change is about; nil for the environment as a whole. An entry that is gone is left to
    ///   the change itself to complain of.
    func check(_ entry: EntryKey?, on state: EnvironmentState) throws(Refusal) {
        let staged = state.log.staged
        if let number, number != staged.revision.number {
            throw Refusal(
                .preconditionFailed, "Revision has moved on",
                detail: "\(state.name) is at revision \(staged.revision.number), not \(number): "
                    + "somebody has changed it since",
                hint: "`pilotlight history` shows what; look again, then repeat the change on the newer revision",
                members: ["revision": staged.revision.json])
        }
        guard let tags, !tags.contains("*") else { return }
        guard let tag = entry.map({ EntityTag.of($0, in: staged) }) ?? EntityTag.of(staged.revision) else { return }
        guard tags.contains(where: { EntityTag.content(of: $0) == tag }) else {
            throw Refusal(
                .preconditionFailed, "Changed meanwhile",
                detail: "\(entry.map { "\($0.kind) \"\($0.name)\"" } ?? state.name) is no longer what If-Match names: "
                    + "somebody has changed it since",
                hint: "read it again, then repeat the change with its new ETag",
                members: ["revision": staged.revision.json, "etag": .string(tag)])
        }
    }
}

/// Strong entity tags: of an environment its revision, of a flag or a component its content and its kill, of a group its
/// content and members.
enum EntityTag {
    static func of(_ revision: Revision) -> String {
        "\"\(revision.epoch.counter)-\(revision.epoch.idText)-\(revision.number)\""
    }

    /// Nil where there is no such entry.
    static func of(_ key: EntryKey, in state: ReplicatedState) -> String? {
        guard let entry = state.entries[key] else { return nil }
        var sum = entry.term
        switch key.kind {
        case .pilot: if let group = state.pilots[key.name] { sum += group.sum }
        default: if let flag = key.flagKey, let kill = state.entries[EntryKey(.kill, flag)] { sum += kill.term }
        }
        return "\"\(sum.description.prefix(32))\""
    }
}
