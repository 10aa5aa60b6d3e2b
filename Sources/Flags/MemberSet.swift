import HashTreeCollections
import JSON

/// The member list of one pilot group. A copy costs nothing, one more member costs one member.
///
/// It has one of two forms, which answer the same. Names can be listed, and are what a control node needs. Hashes take
/// 17 to 20 bytes a member, whatever their length, and are all that lookups need.
package struct MemberSet: Sendable {
    package enum Form: Sendable, Hashable {
        case names
        /// 128 bits a member, under a key of this process: exact for every purpose, but nobody can tell what was put
        /// in.
        case hashes
    }

    package let form: Form
    /// One of the two is empty.
    private var texts: TreeSet<ExactString> = []
    private(set) var hashes = MemberHashes()

    package init(_ form: Form = .names) { self.form = form }

    package init(_ members: some Sequence<String>, as form: Form = .names) {
        self.init(form)
        for member in members { _ = insert(member) }
    }

    init(_ hashes: MemberHashes) {
        form = .hashes
        self.hashes = hashes
    }

    /// Of a set of names only.
    package var names: TreeSet<ExactString> {
        precondition(form == .names, "a set of hashes can't tell its members' names")
        return texts
    }

    package var count: Int { form == .hashes ? hashes.count : texts.count }

    package func contains(_ member: String) -> Bool {
        form == .hashes ? hashes.contains(MemberHash(member)) : texts.contains(ExactString(member))
    }

    /// False where the member was there.
    package mutating func insert(_ member: String) -> Bool {
        form == .hashes ? hashes.insert(MemberHash(member)) : texts.insert(ExactString(member)).inserted
    }

    /// False where the member wasn't there.
    package mutating func remove(_ member: String) -> Bool {
        form == .hashes ? hashes.remove(MemberHash(member)) : texts.remove(ExactString(member)) != nil
    }

    /// Puts hashes into the least room, after many came at once. The set stays the same.
    package mutating func compact() { hashes.merge() }

    /// False when hashes in memory were damaged. Names carry no check of their own: their terms can be computed again.
    package var isSound: Bool { hashes.isSound }
}
