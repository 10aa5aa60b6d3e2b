import Flags

/// A pilot group's members with the sum of their terms. A copy costs nothing, one more member costs one member.
package struct PilotMembers: Sendable, Hashable {
    package private(set) var members = MemberSet()
    package private(set) var sum = Digest.empty

    package init() {}

    package var count: Int { members.count }

    /// Returns the term that joined the digest; nil where the member was there.
    mutating func insert(_ member: String, pilot: String) -> Digest? {
        guard members.insert(member) else { return nil }
        let term = Digest.term(pilot: pilot, member: member)
        sum += term
        return term
    }

    /// Returns the term that left the digest; nil where the member wasn't there.
    mutating func remove(_ member: String, pilot: String) -> Digest? {
        guard members.remove(member) else { return nil }
        let term = Digest.term(pilot: pilot, member: member)
        sum -= term
        return term
    }

    package static func == (a: PilotMembers, b: PilotMembers) -> Bool { a.count == b.count && a.sum == b.sum }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(sum)
    }
}
