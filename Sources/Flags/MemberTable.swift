/// Hashes of members: sorted, with an index by their first bits. Immutable, so that states and snapshots share it. It
/// takes 16 bytes a member, and a half to one for the index.
final class MemberTable: Sendable {
    let hashes: ContiguousArray<MemberHash>
    /// Where the hashes with the same first bits begin, by those bits; then the end of the last ones.
    private let starts: ContiguousArray<UInt32>
    private let shift: UInt64

    /// Hashes that share their first bits, on average at most.
    private static let sharing = 8

    static let empty = MemberTable(sorted: [])

    var count: Int { hashes.count }

    /// - Parameter hashes: in order, none twice.
    private init(sorted hashes: ContiguousArray<MemberHash>) {
        let shift = Self.shift(for: hashes.count)
        self.hashes = hashes
        self.shift = shift
        starts = ContiguousArray(unsafeUninitializedCapacity: Self.places(shift) + 1) { starts, count in
            var next = 0
            for (index, hash) in hashes.enumerated() {
                while next <= Int(hash.high >> shift) {
                    starts.initializeElement(at: next, to: UInt32(index))
                    next += 1
                }
            }
            while next < starts.count {
                starts.initializeElement(at: next, to: UInt32(hashes.count))
                next += 1
            }
            count = starts.count
        }
    }

    /// - Parameter hashes: in any order; one that is there twice counts once.
    convenience init(_ hashes: ContiguousArray<MemberHash>) {
        self.init(sorted: Self.sorted(hashes))
    }

    private static func shift(for count: Int) -> UInt64 {
        var bits: UInt64 = 1
        while count >> bits > sharing { bits += 1 }
        return 64 - bits
    }

    private static func places(_ shift: UInt64) -> Int { 1 << Int(64 - shift) }

    /// By their first bits in one pass (they are spread evenly), then each few that share them by comparison.
    private static func sorted(_ hashes: ContiguousArray<MemberHash>) -> ContiguousArray<MemberHash> {
        let shift = shift(for: hashes.count)
        var ends = ContiguousArray<UInt32>(repeating: 0, count: places(shift))
        for hash in hashes { ends[Int(hash.high >> shift)] += 1 }
        var before: UInt32 = 0
        for place in ends.indices {
            before += ends[place]
            ends[place] = before
        }
        let count = hashes.count
        return ContiguousArray(unsafeUninitializedCapacity: count) { sorted, kept in
            for hash in hashes {
                let place = Int(hash.high >> shift)
                ends[place] -= 1
                sorted.initializeElement(at: Int(ends[place]), to: hash)
            }
            kept = 0
            for index in 0..<count {
                let hash = sorted[index]
                var place = kept
                while place > 0, hash < sorted[place - 1] { place -= 1 }
                if place > 0, sorted[place - 1] == hash { continue }
                var moved = kept
                while moved > place {
                    sorted[moved] = sorted[moved - 1]
                    moved -= 1
                }
                sorted[place] = hash
                kept += 1
            }
        }
    }

    func contains(_ hash: MemberHash) -> Bool {
        let place = Int(truncatingIfNeeded: hash.high >> shift)
        return starts.withUnsafeBufferPointer { starts in
            hashes.withUnsafeBufferPointer { hashes in
                for index in Int(starts[place])..<Int(starts[place + 1]) where hashes[index] == hash { return true }
                return false
            }
        }
    }

    /// Another table.
    /// - Parameters:
    ///   - added: in order, none of them in this one.
    ///   - removed: in order, all of them in this one.
    func merged(adding added: [MemberHash], removing removed: [MemberHash]) -> MemberTable {
        let count = hashes.count + added.count - removed.count
        return MemberTable(
            sorted: ContiguousArray(unsafeUninitializedCapacity: count) { merged, written in
                var nextAdded = 0
                var nextRemoved = 0
                written = 0
                for hash in hashes {
                    while nextAdded < added.count, added[nextAdded] < hash {
                        merged.initializeElement(at: written, to: added[nextAdded])
                        nextAdded += 1
                        written += 1
                    }
                    if nextRemoved < removed.count, removed[nextRemoved] == hash {
                        nextRemoved += 1
                        continue
                    }
                    merged.initializeElement(at: written, to: hash)
                    written += 1
                }
                for hash in added[nextAdded...] {
                    merged.initializeElement(at: written, to: hash)
                    written += 1
                }
            })
    }

    /// The sum of all hashes; nil when one isn't where it is looked for.
    func verifiedSum() -> MemberHash? {
        var sum = MemberHash.zero
        for place in 0..<Self.places(shift) {
            let (start, end) = (Int(starts[place]), Int(starts[place + 1]))
            guard start <= end, end <= hashes.count else { return nil }
            for hash in hashes[start..<end] {
                guard Int(hash.high >> shift) == place else { return nil }
                sum &+= hash
            }
        }
        return sum
    }
}
