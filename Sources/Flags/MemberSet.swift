import HashTreeCollections
import JSON

/// The member list of one pilot group. A copy costs nothing, one more member costs one member.
package struct MemberSet: Sendable {
    package private(set) var names: TreeSet<ExactString> = []

    package init() {}

    package init(_ members: some Sequence<String>) {
        for member in members { names.insert(ExactString(member)) }
    }

    package var count: Int { names.count }

    package func contains(_ member: String) -> Bool { names.contains(ExactString(member)) }

    /// False where the member was there.
    package mutating func insert(_ member: String) -> Bool { names.insert(ExactString(member)).inserted }

    /// False where the member wasn't there.
    package mutating func remove(_ member: String) -> Bool { names.remove(ExactString(member)) != nil }
}
