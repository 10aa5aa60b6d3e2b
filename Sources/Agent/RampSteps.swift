import Flags
import JSON

/// Which flags' answers time has moved since it was last asked: what watchers are told at the steps of time ramps. Pure: it
/// is told what is shown and when. Times are seconds since 1970, by the clock of evaluations.
struct RampSteps {
    /// Watchers know of every step up to here.
    private var told: Int64
    private var next: (at: Int64, flags: [String])?
    /// What `next` was read from.
    private var generation: UInt64?

    init(from now: Int64) { told = now }

    /// When to ask next; nil while no share moves.
    var due: Int64? { next?.at }

    /// The flags of all steps up to `now`, sorted; none twice.
    /// - Parameter flags: what is shown; looked at only when `generation` or time has moved on.
    mutating func take(at now: Int64, generation: UInt64, _ flags: () -> FlagSet) -> [String] {
        let isDue = next.map { $0.at <= now } ?? false
        guard isDue || generation != self.generation else {
            told = max(told, now)
            return []
        }
        let flags = flags()
        self.generation = generation
        var keys: Set<ExactString> = []
        next = flags.nextStep(after: told)
        while let step = next, step.at <= now {
            keys.formUnion(step.flags.lazy.map { ExactString($0) })
            next = flags.nextStep(after: step.at)
        }
        told = max(told, now)
        return keys.sorted().map(\.text)
    }
}
