import Crypto
import Flags
import HashTreeCollections
import Releases
import Replication

/// Flags and components show the release that owns them, which goes on without a change of theirs. Their tags have a mark
/// of where it stands, so that nobody takes an answer for the newest; a change asks for the content alone.
extension EntityTag {
    /// Nil where there is no such flag or component.
    static func of(_ key: EntryKey, in environment: EnvironmentState) -> String? {
        of(key, in: environment.committed).map {
            marked($0, by: key.flagKey.flatMap { environment.owner(of: $0) }.map { [$0] } ?? [])
        }
    }

    /// Of all of one kind, with every release that owns any.
    static func of(_ revision: Revision, in environment: EnvironmentState) -> String {
        marked(of(revision), by: Set(environment.owners.values).compactMap { environment.releases[$0] })
    }

    /// Without the mark.
    static func content(of tag: String) -> String {
        tag.firstIndex(of: ".").map { tag[..<$0] + "\"" } ?? tag
    }

    private static func marked(_ tag: String, by releases: [Release]) -> String {
        guard !releases.isEmpty else { return tag }
        let events = releases.map(\.eventID).sorted().joined(separator: " ")
        let digest = SHA256.hash(data: Array(events.utf8))
        let mark = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return "\(tag.dropLast()).\(Hexadecimal.text(mark))\""
    }
}
