import Glibc

/// Runs seeds one after the other and says what came of them.
struct Campaign {
    var fault: Fault?
    private(set) var runs: UInt64 = 0
    private(set) var events: UInt64 = 0
    private(set) var checks: UInt64 = 0
    private(set) var violations: [Violation] = []
    private(set) var failedSeeds: [UInt64] = []
    private(set) var longestHealing: UInt64 = 0
    private(set) var fingerprint: UInt64 = 0
    private(set) var kills = KillTally()

    init(fault: Fault?) { self.fault = fault }

    /// Violations of which everything is printed.
    private static let told = 3

    /// - Parameter stopsAtFirst: a fault that was put in is caught as soon as one seed shows it.
    mutating func run(_ seeds: ClosedRange<UInt64>, stopsAtFirst: Bool = false, isQuiet: Bool = false) {
        for seed in seeds {
            let outcome = Run.outcome(of: seed, fault: fault)
            runs += 1
            events += outcome.events
            checks += outcome.checks
            kills += outcome.kills
            longestHealing = max(longestHealing, outcome.healedIn)
            fingerprint = fingerprint &* 0x100_0000_01B3 ^ outcome.fingerprint
            guard let violation = outcome.violation else { continue }
            violations.append(violation)
            failedSeeds.append(seed)
            if !isQuiet, violations.count <= Self.told { tell(seed) }
            if stopsAtFirst { return }
        }
    }

    /// The same seed once more, with its lines kept.
    private func tell(_ seed: UInt64) {
        let outcome = Run.outcome(of: seed, fault: fault, trace: .kept)
        guard let violation = outcome.violation else {
            print("seed \(seed): violated once and not again: the simulation isn't deterministic")
            return
        }
        Self.tell(seed, violation, outcome.lastLines)
    }

    static func tell(_ seed: UInt64, _ violation: Violation, _ lines: [String]) {
        print("seed \(seed): VIOLATION of \(violation.invariant.rawValue) at \(violation.time) ms: \(violation.detail)")
        for line in lines { print("    " + line) }
        print("    replay: scripts/simulate \(seed) --verbose")
        // A long campaign that is ended from outside has said what it found.
        fflush(nil)
    }

    /// Which invariants caught it, most often first: `converges 12, never-older 3`.
    var caughtBy: String {
        Dictionary(grouping: violations, by: \.invariant.rawValue)
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            .map { "\($0.key) \($0.value.count)" }.joined(separator: ", ")
    }
}
