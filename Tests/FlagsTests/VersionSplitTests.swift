import Flags
import Harness
import Testing

/// Who moves when shares change: as few as can be, and nobody back.
@Suite struct VersionSplitTests {
    private static func shares(_ pairs: (String, Int)...) -> [VersionSplit.Share] { shares(pairs) }

    private static func shares(_ pairs: [(String, Int)]) -> [VersionSplit.Share] {
        pairs.compactMap { version, hundredths in
            Percentage(hundredths: hundredths).map { VersionSplit.Share(version, $0) }
        }
    }

    private static func owners(_ split: VersionSplit) -> [String?] {
        split.runs.flatMap { Array(repeating: $0.version, count: $0.slots) }
    }

    @Test func sharesAreWhatWasAsked() {
        let split = VersionSplit().moved(to: Self.shares(("1.0", 8_000), ("1.1", 1_000), ("1.2", 999)))
        #expect(split.shares == Self.shares(("1.0", 8_000), ("1.1", 1_000), ("1.2", 999)))
        #expect(split.runs.reduce(0) { $0 + $1.slots } == VersionSplit.slots)
        #expect(VersionSplit(runs: split.runs) == split)
    }

    @Test func aRetiredShareAloneMoves() {
        let before = VersionSplit().moved(to: Self.shares(("1.0", 8_000), ("1.1", 1_000), ("1.2", 1_000)))
        let after = before.moved(to: Self.shares(("1.0", 9_000), ("1.1", 1_000)))
        let (old, new) = (Self.owners(before), Self.owners(after))
        let moved = zip(old, new).filter { $0 != $1 }
        #expect(moved.count == 1_000)
        #expect(moved.allSatisfy { $0.0 == "1.2" && $0.1 == "1.0" })
    }

    @Test(arguments: [("blue", "green"), ("green", "blue"), ("1.9", "1.10")])
    func fromOneToTheOtherNobodyGoesBack(from: String, to: String) {
        var split = VersionSplit().moved(to: Self.shares((from, 10_000)))
        var before = Self.owners(split)
        for percent in 1...100 {
            split = split.moved(to: Self.shares((from, 10_000 - percent * 100), (to, percent * 100)))
            let now = Self.owners(split)
            #expect(zip(before, now).count { $0 != $1 } == 100)
            #expect(zip(before, now).allSatisfy { $0 == $1 || $1 == to })
            before = now
        }
        #expect(split.runs == [VersionSplit.Run(to, 10_000)])
    }

    /// Any change of any shares moves as many slots as the shares grow by, and whoever grows loses nobody.
    @Test func asFewMoveAsCanBe() {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("splits: seed \(seed)")
        var random = SeededRandom(seed: seed)
        let names = ["1.0", "1.1", "1.2", "2.0-beta", "blue", "green"]
        for _ in 0..<8 {
            var split = VersionSplit()
            for _ in 0..<10 {
                var left = VersionSplit.slots
                let wanted = names.shuffled(using: &random).prefix(1 + random.below(names.count)).map { name in
                    let share = random.below(left + 1)
                    left -= share
                    return (name, share)
                }
                let next = split.moved(to: Self.shares(wanted))
                let (old, new) = (Self.owners(split), Self.owners(next))
                var growth: [String?: Int] = [:]
                for owner in old { growth[owner, default: 0] -= 1 }
                for owner in new { growth[owner, default: 0] += 1 }
                let moved = zip(old, new).filter { $0 != $1 }
                let isWanted = moved.allSatisfy { (growth[$0.0] ?? 0) < 0 && (growth[$0.1] ?? 0) > 0 }
                #expect(moved.count == growth.values.reduce(0) { $0 + max(0, $1) } && isWanted)
                #expect(
                    next.shares
                        == Self.shares(wanted.filter { $0.1 > 0 }).sorted {
                            ComponentVersion.precedes($0.version, $1.version)
                        })
                #expect(
                    next == split.moved(to: Self.shares(wanted.reversed())),
                    "the order in which they are named doesn't matter")
                split = next
            }
        }
    }

    /// Between two versions, whatever the way there: the same shares are the same users.
    @Test func loweredAndRaisedAgainItIsTheSameUsers() {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("splits: seed \(seed)")
        var random = SeededRandom(seed: seed)
        for pair in [("blue", "green"), ("1.0", "1.1"), ("a", "b")] {
            var seen: [Int: VersionSplit] = [:]
            var split = VersionSplit()
            for _ in 0..<60 {
                let share = random.below(41) * 250
                split = split.moved(to: Self.shares((pair.0, 10_000 - share), (pair.1, share)))
                #expect(seen.updateValue(split, forKey: share) ?? split == split)
            }
        }
    }

    @Test func runsThatDontFillTheSlotsAreNoSplit() {
        #expect(VersionSplit(runs: [.init("a", 9_999)]) == nil)
        #expect(VersionSplit(runs: [.init("a", 10_000), .init("b", 1)]) == nil)
        #expect(VersionSplit(runs: [.init("a", 10_000), .init("b", 0)]) == nil)
        #expect(VersionSplit(runs: [.init("a", .max), .init("b", .max)]) == nil)
        #expect(VersionSplit(runs: [.init("a", 5_000), .init("a", 5_000)])?.runs == [.init("a", 10_000)])
    }
}
