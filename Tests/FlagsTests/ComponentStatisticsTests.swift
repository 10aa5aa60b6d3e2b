import Flags
import Harness
import Testing

/// Splits over many users: shares, who moves, and that nobody goes back. Built for release it takes 1,000,000 keys.
@Suite struct ComponentStatisticsTests {
    private static let component = ComponentKey.flagKey(of: "checkout")

    private static func users(seed: UInt64) -> [EvaluationContext] {
        var random = SeededRandom(seed: seed)
        return (0..<StatisticsTests.keys).map { index in
            EvaluationContext(
                targetingKey: index.isMultiple(of: 2) ? "user-\(random.below(1 << 40))" : "\(random.next())")
        }
    }

    private static func set(_ definition: ComponentDefinition, _ bucketing: Bucketing) throws -> FlagSet {
        var set = FlagSet(bucketing: bucketing)
        try set.put(component: definition.name, storedBytes: definition.storedBytes)
        return set
    }

    private static func definition(_ versions: String..., seed: UInt64) -> ComponentDefinition {
        var definition = ComponentDefinition(
            "checkout", versions: versions.map { ComponentVersion($0) }, defaultVersion: versions[0])
        // Other slots each time, as other components have them.
        definition.salt = "checkout-\(seed)"
        return definition
    }

    private static func split(_ definition: inout ComponentDefinition, _ shares: (String, Int)...) {
        definition.wantedShares = shares.compactMap { version, percent in
            Percentage(hundredths: percent * 100).map { VersionSplit.Share(version, $0) }
        }
        definition.settleSplit(from: definition)
    }

    private static func versions(_ users: [EvaluationContext], _ set: FlagSet) -> [String] {
        users.map { set.evaluate(component, context: $0, unixSeconds: 0).variant ?? "none" }
    }

    @Test(arguments: Bucketing.allCases) func threeShares(bucketing: Bucketing) throws {
        let seed = StatisticsTests.fixedSeed
        let users = Self.users(seed: seed)
        print("components: seed \(seed), \(users.count) keys, bucketing \(bucketing)")
        var definition = Self.definition("1.0", "1.1", "1.2", seed: seed)
        Self.split(&definition, ("1.0", 80), ("1.1", 10), ("1.2", 10))
        let before = Self.versions(users, try Self.set(definition, bucketing))
        Self.expect([("1.0", 80), ("1.1", 10), ("1.2", 10)], in: before, "seed \(seed), \(bucketing)")

        Self.split(&definition, ("1.0", 90), ("1.1", 10), ("1.2", 0))
        let after = Self.versions(users, try Self.set(definition, bucketing))
        Self.expect([("1.0", 90), ("1.1", 10), ("1.2", 0)], in: after, "seed \(seed), \(bucketing)")
        let moved = zip(before, after).filter { $0 != $1 }
        print("  80/10/10 → 90/10/0: \(moved.count) moved")
        #expect(moved.count == before.count { $0 == "1.2" }, "exactly the retired share moves")
        #expect(moved.allSatisfy { $0.0 == "1.2" && $0.1 == "1.0" }, "and no bystander")
    }

    @Test(arguments: Bucketing.allCases) func retiringMovesItsUsersToTheDefault(bucketing: Bucketing) throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        let users = Self.users(seed: seed)
        var definition = Self.definition("1.0", "1.1", "1.2", seed: seed)
        Self.split(&definition, ("1.0", 50), ("1.1", 30), ("1.2", 20))
        let before = Self.versions(users, try Self.set(definition, bucketing))
        definition.versions[1].state = .retired
        let after = Self.versions(users, try Self.set(definition, bucketing))
        let moved = zip(before, after).filter { $0 != $1 }
        print("components: seed \(seed), \(users.count) keys, \(bucketing): 1.1 retired, \(moved.count) moved")
        #expect(moved.count == before.count { $0 == "1.1" } && moved.allSatisfy { $0.0 == "1.1" && $0.1 == "1.0" })
    }

    @Test(arguments: Bucketing.allCases) func fromBlueToGreenNobodyGoesBack(bucketing: Bucketing) throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        let users = Array(Self.users(seed: seed).prefix(StatisticsTests.stepped))
        var definition = Self.definition("blue", "green", seed: seed)
        var isGreen = [Bool](repeating: false, count: users.count)
        var back = 0
        for percent in 0...100 {
            Self.split(&definition, ("blue", 100 - percent), ("green", percent))
            let now = Self.versions(users, try Self.set(definition, bucketing))
            for (index, version) in now.enumerated() {
                if isGreen[index], version != "green" { back += 1 }
                isGreen[index] = version == "green"
            }
        }
        print("components: seed \(seed), \(users.count) keys, \(bucketing): \(back) went back from 0 % to 100 %")
        #expect(back == 0 && isGreen.allSatisfy { $0 })
    }

    /// Within 4.5 standard deviations of the binomial.
    private static func expect(_ shares: [(String, Int)], in versions: [String], _ comment: String) {
        for (version, percent) in shares {
            let share = Double(percent) / 100
            let count = versions.count { $0 == version }
            let expected = share * Double(versions.count)
            let deviation = (expected * (1 - share)).squareRoot()
            let off = deviation == 0 ? 0 : (Double(count) - expected) / deviation
            print("  \(version) \(percent) %: \(count), \((off * 100).rounded() / 100) standard deviations")
            #expect(abs(Double(count) - expected) <= 4.5 * deviation, "\(comment), \(version)")
        }
    }
}
