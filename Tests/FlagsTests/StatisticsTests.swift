import Flags
import Harness
import JSON
import Testing

/// Shares, growing shares and independence of two flags over many users. Built for release it takes 1,000,000 keys.
@Suite struct StatisticsTests {
    #if DEBUG
        static let keys = 100_000
        static let stepped = 2_000
    #else
        static let keys = 1_000_000
        static let stepped = 1_000_000
    #endif

    /// For what chance alone breaks now and then: the same on every run. What holds for any seed draws one, and prints it.
    static let fixedSeed: UInt64 = 20

    /// Keys as services have them.
    private static func users(_ count: Int, seed: UInt64) -> [EvaluationContext] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { index in
            switch index % 3 {
            case 0: EvaluationContext(targetingKey: "user-\(random.below(1 << 40))")
            case 1: EvaluationContext(targetingKey: "\(random.next())")
            default: EvaluationContext(targetingKey: String(random.next(), radix: 16) + "@example.org")
            }
        }
    }

    private static func flag(_ key: String, on weight: Int, of total: Int) -> (String, [UInt8]) {
        let text = """
            {"state":"ENABLED","variants":{"on":true,"off":false},"targeting":\
            {"fractional":[["on",\(weight)],["off",\(total - weight)]]}}
            """
        return (key, Array(text.utf8))
    }

    @Test(arguments: Bucketing.allCases) func sharesAreWhatTheySay(bucketing: Bucketing) throws {
        let seed = Self.fixedSeed
        print("statistics: seed \(seed), \(Self.keys) keys, bucketing \(bucketing)")
        let users = Self.users(Self.keys, seed: seed)
        for weight in [1, 100, 1_000, 5_000, 9_999] {
            var set = FlagSet(bucketing: bucketing)
            let (key, bytes) = Self.flag("flag-\(weight)-\(seed)", on: weight, of: 10_000)
            try set.put(flag: key, storedBytes: bytes)
            let on = users.count { set.evaluate(key, context: $0, unixSeconds: 0).variant == "on" }
            let share = Double(weight) / 10_000
            let expected = share * Double(Self.keys)
            let deviation = (expected * (1 - share)).squareRoot()
            let off = (Double(on) - expected) / deviation
            print("  \(share * 100) %: \(on) of \(Self.keys), \((off * 100).rounded() / 100) standard deviations")
            #expect(abs(off) <= 4.5, "seed \(seed), \(bucketing), weight \(weight)")
        }
    }

    @Test(arguments: Bucketing.allCases) func nobodyIsLostOnTheWayUp(bucketing: Bucketing) throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        let users = Self.users(Self.stepped, seed: seed)
        var isOn = [Bool](repeating: false, count: users.count)
        var lost = 0
        for percent in 1...100 {
            var set = FlagSet(bucketing: bucketing)
            let (key, bytes) = Self.flag("ramp", on: percent, of: 100)
            try set.put(flag: key, storedBytes: bytes)
            for (index, user) in users.enumerated() {
                let now = set.evaluate(key, context: user, unixSeconds: 0).variant == "on"
                if isOn[index], !now { lost += 1 }
                isOn[index] = now
            }
        }
        print("ramp: seed \(seed), \(users.count) keys, bucketing \(bucketing), \(lost) lost from 1 % to 100 %")
        #expect(lost == 0, "seed \(seed)")
        #expect(isOn.allSatisfy { $0 }, "seed \(seed)")
    }

    @Test(arguments: Bucketing.allCases) func twoFlagsMoveApart(bucketing: Bucketing) throws {
        let seed = Self.fixedSeed
        let users = Self.users(Self.keys, seed: seed)
        var set = FlagSet(bucketing: bucketing)
        for name in ["new-checkout", "new-search"] {
            let (key, bytes) = Self.flag(name, on: 1, of: 2)
            try set.put(flag: key, storedBytes: bytes)
        }
        var (first, second, both) = (0.0, 0.0, 0.0)
        for user in users {
            let a = set.evaluate("new-checkout", context: user, unixSeconds: 0).variant == "on"
            let b = set.evaluate("new-search", context: user, unixSeconds: 0).variant == "on"
            if a { first += 1 }
            if b { second += 1 }
            if a, b { both += 1 }
        }
        let count = Double(users.count)
        let spread = (first * (count - first) * second * (count - second)).squareRoot()
        let correlation = (count * both - first * second) / spread
        print("correlation: seed \(seed), \(users.count) keys, bucketing \(bucketing), r = \(correlation)")
        // The correlation of chance itself has a standard deviation of 1/√n.
        #expect(abs(correlation) < max(0.005, 4.5 / count.squareRoot()), "seed \(seed)")
    }
}
