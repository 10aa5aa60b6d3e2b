import Flags
import HashTreeCollections
import JSON

/// A pilot group's members with the sum of their terms. A copy costs nothing, one more member costs one member.
package struct PilotMembers: Sendable, Hashable {
    package private(set) var members: MemberSet
    package private(set) var sum = Digest.empty

    package init(_ form: MemberSet.Form) { members = MemberSet(form) }

    init(_ members: MemberSet, sum: Digest) {
        self.members = members
        self.sum = sum
    }

    package var count: Int { members.count }

    /// Returns the term that joined the digest; nil where the member was there.
    mutating func insert(_ member: String, _ terms: MembershipTerms) -> Digest? {
        guard members.insert(member) else { return nil }
        let term = terms.term(of: member)
        sum += term
        return term
    }

    /// Returns the term that left the digest; nil where the member wasn't there.
    mutating func remove(_ member: String, _ terms: MembershipTerms) -> Digest? {
        guard members.remove(member) else { return nil }
        let term = terms.term(of: member)
        sum -= term
        return term
    }

    mutating func compact() { members.compact() }

    /// False when memory was damaged. Of names the sum is worked out anew; hashes are added up, since their terms can't
    /// be.
    func isSound(as pilot: String) -> Bool {
        guard members.form == .names else { return members.isSound }
        let terms = MembershipTerms(pilot: pilot)
        var found = Digest.empty
        for member in members.names { found += terms.term(of: member.text) }
        return found == sum
    }

    package static func == (a: PilotMembers, b: PilotMembers) -> Bool { a.count == b.count && a.sum == b.sum }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(sum)
    }
}
