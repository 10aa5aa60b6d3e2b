import ArgumentParser
import Glibc

/// Replays control, agents and the network between them from seeds.
@main
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs the replication of Pilotlight under every kind of trouble, each run drawn from one seed.",
        discussion: """
            simulate 42            replays seed 42 (--verbose prints everything that happens)
            simulate --seeds 1000  runs seeds 1 to 1000
            Exit code 1 when something that was promised didn't hold.
            """)

    @Argument(help: "The seed to replay.")
    var seed: UInt64?

    @Option(help: "How many seeds to run, from --first on.")
    var seeds: UInt64?

    @Option(help: "The first seed of --seeds.")
    var first: UInt64 = 1

    @Option(help: "Put this fault in; violations are then what is hoped for.")
    var inject: String?

    @Flag(help: "Print which faults can be put in.")
    var listInjections = false

    @Flag(help: "Put every fault in, one after the other, and see that each is caught within --seeds seeds (300).")
    var checkInjections = false

    @Flag(help: "Print everything that happens.")
    var verbose = false

    static func main() {
        hashTheSameEachTime()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(withError: error)
        }
    }

    /// Swift draws the seed of its hash tables at each start; the order in which a manifest lists its entries hangs on it.
    /// The same seed has to be the same run in every process.
    private static func hashTheSameEachTime() {
        guard getenv("SWIFT_DETERMINISTIC_HASHING") == nil else { return }
        setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        // Where that isn't possible the runs are as good, but not the same ones.
    }

    func validate() throws {
        if let inject, Fault(rawValue: inject) == nil {
            throw ValidationError("there is no fault \"\(inject)\"; --list-injections prints those there are")
        }
        guard seed != nil || seeds != nil || listInjections || checkInjections else {
            throw ValidationError("give a seed to replay, or --seeds and how many")
        }
        if let seeds, seeds == 0 { throw ValidationError("--seeds takes at least 1") }
    }

    func run() throws {
        if listInjections { return list() }
        if checkInjections { return try check() }
        let fault = inject.flatMap { Fault(rawValue: $0) }
        if let seed { return try replay(seed, fault) }
        try runAll(fault)
    }

    private func list() {
        let width = Fault.allCases.map(\.rawValue.count).max() ?? 0
        for fault in Fault.allCases {
            print(fault.rawValue + String(repeating: " ", count: width + 2 - fault.rawValue.count) + fault.description)
        }
    }

    private func replay(_ seed: UInt64, _ fault: Fault?) throws {
        let outcome = Run.outcome(of: seed, fault: fault, trace: verbose ? .printed : .kept)
        if let violation = outcome.violation {
            Campaign.tell(seed, violation, verbose ? [] : outcome.lastLines)
            throw ExitCode.failure
        }
        print(
            "seed \(seed): \(outcome.events) events, \(outcome.checks) checks, 0 violations, healed "
                + "\(outcome.healedIn) ms after the last fault")
    }

    private func runAll(_ fault: Fault?) throws {
        let begun = Self.uptime
        var campaign = Campaign(fault: fault)
        campaign.run(first...(first + (seeds ?? 1) - 1))
        let seconds = max(Self.uptime - begun, 0.001)
        let violations = campaign.violations.count
        print(
            "\(campaign.runs) seeds, \(campaign.events) events, \(violations) violations, "
                + "\(Int(Double(campaign.events) / seconds)) steps/s "
                + "(\(campaign.checks) checks, \(Int(seconds * 1_000)) ms, slowest healing "
                + "\(campaign.longestHealing) ms, fingerprint \(String(campaign.fingerprint, radix: 16)))")
        print(campaign.kills)
        guard violations > 0 else { return }
        print("caught by: \(campaign.caughtBy)")
        print("seeds: \(campaign.failedSeeds.prefix(20).map(String.init).joined(separator: " "))")
        throw ExitCode.failure
    }

    /// Every fault must be caught; one that isn't is a hole in what the simulation checks.
    private func check() throws {
        let limit = seeds ?? 300
        var missed: [Fault] = []
        for fault in Fault.allCases {
            var campaign = Campaign(fault: fault)
            campaign.run(first...(first + limit - 1), stopsAtFirst: true, isQuiet: true)
            if let seed = campaign.failedSeeds.first {
                print("\(fault.rawValue): caught at seed \(seed) by \(campaign.caughtBy)")
            } else {
                print("\(fault.rawValue): NOT CAUGHT within \(limit) seeds")
                missed.append(fault)
            }
        }
        print("\(Fault.allCases.count - missed.count) of \(Fault.allCases.count) injected faults are caught")
        if !missed.isEmpty { throw ExitCode.failure }
    }

    /// Seconds; for the speed that is printed, never within a run.
    private static var uptime: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
