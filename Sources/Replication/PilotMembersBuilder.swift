import Flags

/// Makes a group's members, kept as hashes, from their bytes: what an agent reads from its cache, without a string or a
/// list of them all.
package struct PilotMembersBuilder: Sendable {
    private var members = MemberSetBuilder()
    private var terms: MembershipTerms
    private var sum = Digest.empty

    package init(pilot: String) { terms = MembershipTerms(pilot: pilot) }

    /// - Parameter utf8: a member's bytes, none given twice.
    package mutating func add(_ utf8: UnsafeRawBufferPointer) {
        members.add(utf8)
        sum += terms.term(of: utf8)
    }

    /// Ends the building.
    package consuming func built() -> PilotMembers { PilotMembers(members.built(), sum: sum) }
}
