import HashTreeCollections

/// The members of one pilot group as hashes: a base that is shared, and what changed since. A copy costs nothing, one
/// more member costs one member, and now and then a new base.
struct MemberHashes: Sendable {
    private(set) var base: MemberTable
    /// None of these is in the base, all of those are.
    private var added: TreeSet<MemberHash> = []
    private var removed: TreeSet<MemberHash> = []
    /// Of all hashes, led on with each change: damage in memory is told by it.
    private var sum = MemberHash.zero

    init() { base = .empty }

    /// - Parameter hashes: in any order; one that is there twice counts once.
    init(_ hashes: ContiguousArray<MemberHash>) {
        base = MemberTable(hashes)
        sum = base.verifiedSum() ?? .zero
    }

    var count: Int { base.count + added.count - removed.count }

    func contains(_ hash: MemberHash) -> Bool {
        if base.contains(hash) { return removed.isEmpty || !removed.contains(hash) }
        return !added.isEmpty && added.contains(hash)
    }

    /// False where it was there.
    mutating func insert(_ hash: MemberHash) -> Bool {
        let isNew = base.contains(hash) ? removed.remove(hash) != nil : added.insert(hash).inserted
        guard isNew else { return false }
        sum &+= hash
        mergeIfLarge()
        return true
    }

    /// False where it wasn't there.
    mutating func remove(_ hash: MemberHash) -> Bool {
        let wasThere = base.contains(hash) ? removed.insert(hash).inserted : added.remove(hash) != nil
        guard wasThere else { return false }
        sum &-= hash
        mergeIfLarge()
        return true
    }

    /// What changed takes thrice a base's room and time, so it stays a small part; a new base is one pass over the old
    /// one, so it stays rare.
    private mutating func mergeIfLarge() {
        if added.count + removed.count > max(256, base.count / 32) { merge() }
    }

    /// Makes a new base of everything.
    mutating func merge() {
        guard !added.isEmpty || !removed.isEmpty else { return }
        base = base.merged(adding: added.sorted(), removing: removed.sorted())
        added = []
        removed = []
    }

    /// False when memory was damaged: the hashes don't add up to what was put in.
    var isSound: Bool {
        guard var found = base.verifiedSum() else { return false }
        for hash in added { found &+= hash }
        for hash in removed { found &-= hash }
        return found == sum
    }
}
