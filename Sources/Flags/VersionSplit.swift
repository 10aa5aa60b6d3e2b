import JSON

/// Which version has which of 10,000 slots. A user falls into one slot for good; a change of the shares hands over as few
/// slots as it can, so that nobody moves who needn't.
package struct VersionSplit: Sendable, Hashable {
    package struct Run: Sendable, Hashable {
        /// Nil: whatever is the default version.
        package var version: String?
        package var slots: Int

        package init(_ version: String?, _ slots: Int) {
            self.version = version
            self.slots = slots
        }

        /// `["1.0", 9000]`
        init?(_ json: JSONValue) {
            guard let pair = json.arrayValue, pair.count == 2, let slots = pair[1].integerValue,
                (1...Int64(VersionSplit.slots)).contains(slots), pair[0].isNull || pair[0].stringValue != nil
            else { return nil }
            self.init(pair[0].stringValue, Int(slots))
        }
    }

    package struct Share: Sendable, Hashable {
        package var version: String
        package var percentage: Percentage

        package init(_ version: String, _ percentage: Percentage) {
            self.version = version
            self.percentage = percentage
        }

        static func isOlder(_ a: Share, _ b: Share) -> Bool { ComponentVersion.precedes(a.version, b.version) }
    }

    package static let slots = 10_000

    /// One behind the other, none empty, no two neighbours of one version.
    package let runs: [Run]

    /// Everything the default version's.
    package init() { runs = [Run(nil, Self.slots)] }

    /// Nil unless they are 10,000 together, none of them empty.
    package init?(runs: [Run]) {
        guard runs.allSatisfy({ $0.slots > 0 && $0.slots <= Self.slots }),
            runs.reduce(0, { $0 + $1.slots }) == Self.slots
        else { return nil }
        self.init(joining: runs)
    }

    /// As it is stored: `[["1.0", 9000], [null, 1000]]`. Nil for anything else.
    package init?(_ json: JSONValue?) {
        guard let elements = json?.arrayValue else { return nil }
        var runs: [Run] = []
        for element in elements {
            guard let run = Run(element) else { return nil }
            runs.append(run)
        }
        self.init(runs: runs)
    }

    private init(joining runs: [Run]) {
        var joined: [Run] = []
        for run in runs {
            if let last = joined.last, last.version == run.version {
                joined[joined.count - 1].slots += run.slots
            } else {
                joined.append(run)
            }
        }
        self.runs = joined
    }

    /// The slots of each version that has any, the oldest version first; the default version's own aren't named.
    package var shares: [Share] {
        var counts: [String: Int] = [:]
        for run in runs { if let version = run.version { counts[version, default: 0] += run.slots } }
        return counts.keys.sorted(by: ComponentVersion.precedes).compactMap { version in
            Percentage(hundredths: counts[version] ?? 0).map { Share(version, $0) }
        }
    }

    /// What the default version has besides slots of its own.
    package var rest: Percentage {
        Percentage(hundredths: runs.reduce(0) { $0 + ($1.version == nil ? $1.slots : 0) }) ?? .none
    }

    /// The versions named, each once.
    package var versions: Set<String> { Set(runs.compactMap(\.version)) }

    package var json: JSONValue {
        .array(runs.map { .array([$0.version.map { .string($0) } ?? .null, .integer(Int64($0.slots))]) })
    }

    // MARK: Other shares

    /// With these shares, and the rest the default version's. As many slots change hands as shares differ, none besides.
    ///
    /// Which ones: each version has a home among the slots, by a hash of its name. Between two versions the newer one
    /// decides: growing it takes what is next to its home, shrinking it gives up what is farthest from there. So between two
    /// versions the same shares are always the same users; where several changed in between, nearly.
    ///
    /// - Parameter shares: one for each version, 100 % together at most.
    package func moved(to shares: [Share]) -> VersionSplit {
        var owners: [String?] = runs.flatMap { Array(repeating: $0.version, count: $0.slots) }
        var surplus: [String?: Int] = [:]
        for run in runs { surplus[run.version, default: 0] += run.slots }
        for share in shares { surplus[share.version, default: 0] -= share.percentage.hundredths }
        let rest = shares.reduce(Self.slots) { $0 - $1.percentage.hundredths }
        surplus[nil as String?, default: 0] -= rest
        // The newest takes first, and from the oldest first; what is the default version's counts as the oldest.
        let order = surplus.keys.sorted(by: Self.isOlder)
        for taker in order.reversed() {
            for giver in order {
                let count = min(surplus[giver] ?? 0, -(surplus[taker] ?? 0))
                guard count > 0 else { continue }
                for slot in Self.slots(count, of: giver, to: taker, owners) { owners[slot] = taker }
                surplus[giver, default: 0] -= count
                surplus[taker, default: 0] += count
            }
        }
        return VersionSplit(joining: owners.map { Run($0, 1) })
    }

    /// The same by what users see: slots that aren't named, and those of versions that aren't served, are the default
    /// version's.
    ///
    /// - Parameters:
    ///   - default: the version for what the shares leave.
    ///   - served: what the users of a version's slots have now.
    package func moved(to shares: [Share], default: String, from served: (String?) -> String) -> VersionSplit {
        let wanted = Set(shares.map(\.version))
        // A version that isn't served and is to have a share keeps its slots: nobody sees them.
        let seen = runs.map { run in
            Run(run.version.flatMap { wanted.contains($0) ? $0 : nil } ?? served(run.version), run.slots)
        }
        let isSeenAsNamed = zip(runs, seen).allSatisfy { ($0.version ?? `default`) == $1.version }
        let sorted = shares.filter { $0.percentage != .none }.sorted(by: Share.isOlder)
        if isSeenAsNamed, self.shares == sorted { return self }
        let rest = shares.reduce(Self.slots) { $0 - $1.percentage.hundredths }
        let own = shares.first { $0.version == `default` }?.percentage.hundredths ?? 0
        guard let whole = Percentage(hundredths: own + rest) else { return self }
        return VersionSplit(joining: seen)
            .moved(to: shares.filter { $0.version != `default` } + [Share(`default`, whole)])
            .unnaming(rest, of: `default`)
    }

    private func unnaming(_ count: Int, of version: String) -> VersionSplit {
        var owners: [String?] = runs.flatMap { Array(repeating: $0.version, count: $0.slots) }
        for slot in Self.outward(from: version, owners).suffix(count) { owners[slot] = nil }
        return VersionSplit(joining: owners.map { Run($0, 1) })
    }

    private static func isOlder(_ a: String?, _ b: String?) -> Bool {
        guard let b else { return false }
        guard let a else { return true }
        return ComponentVersion.precedes(a, b)
    }

    private static func slots(_ count: Int, of giver: String?, to taker: String?, _ owners: [String?]) -> [Int] {
        let takerDecides = isOlder(giver, taker)
        let outward = outward(from: takerDecides ? taker : giver, owners) { $0 == giver }
        return Array(takerDecides ? outward.prefix(count) : outward.suffix(count))
    }

    /// The slots of a version, what is next to its home first.
    private static func outward(from version: String, _ owners: [String?]) -> [Int] {
        outward(from: version, owners) { $0 == version }
    }

    private static func outward(
        from version: String?, _ owners: [String?], where isWanted: (String?) -> Bool
    ) -> [Int] {
        let home = home(of: version)
        return (0..<slots).map { (home + $0) % slots }.filter { isWanted(owners[$0]) }
    }

    private static func home(of version: String?) -> Int {
        guard let version else { return 0 }
        var hash = Murmur3()
        hash.combine(version)
        return Int(Bucket.index(of: hash.finish(), among: UInt64(slots)))
    }
}
