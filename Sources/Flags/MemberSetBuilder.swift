/// Makes a set of hashes from many members at once, without a string for any of them.
package struct MemberSetBuilder: Sendable {
    private var hashes: ContiguousArray<MemberHash> = []

    package init() {}

    /// - Parameter utf8: a member's bytes. A member may be given twice.
    package mutating func add(_ utf8: UnsafeRawBufferPointer) { hashes.append(MemberHash(utf8: utf8)) }

    /// Ends the building.
    package consuming func built() -> MemberSet { MemberSet(MemberHashes(hashes)) }
}
