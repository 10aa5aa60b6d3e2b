/// Decides whether a request that got no answer is sent again, and what is said when it isn't.
struct Attempts {
    static let most = 3

    enum Verdict {
        case again(after: Duration)
        /// What to say, given the control node's URL.
        case refuse((String) -> CommandRefusal)
    }

    var isChange: Bool
    /// A second one does no harm: it only asks, or carries a key.
    var repeatable: Bool
    /// How long each was waited for.
    var limit: Duration
    private var made = 0
    /// Some attempt may have arrived.
    private var mayHaveArrived = false

    init(isChange: Bool, repeatable: Bool, limit: Duration = OperatorClient.timeout) {
        self.isChange = isChange
        self.repeatable = repeatable
        self.limit = limit
    }

    mutating func verdict(on fault: ExchangeFault) -> Verdict {
        made += 1
        if fault.mayHaveArrived { mayHaveArrived = true }
        // Nobody there is an answer. Nobody there any more is none: what went before may have been done.
        let isWorthIt = mayHaveArrived && (isChange || fault == .brokenOff)
        if repeatable, isWorthIt, made < Self.most {
            return .again(after: .milliseconds(Int.random(in: 100...300) * made))
        }
        let hint = isChange && mayHaveArrived ? unsure : nil
        let times = made > 1 ? ", asked \(made) times" : ""
        let seconds = limit.components.seconds
        return .refuse { base in
            switch fault {
            case .noAnswer:
                CommandRefusal(
                    "the control node at \(base) gave no answer within \(seconds) s\(times)",
                    hint: hint ?? "look at the control node's log")
            case .brokenOff:
                CommandRefusal(
                    "the control node at \(base) closed the connection before it answered\(times)",
                    hint: hint ?? "look at the control node's log")
            case .failed(let reason):
                CommandRefusal(
                    "the exchange with the control node at \(base) failed (\(reason))\(times)",
                    hint: hint ?? "is that the operator API of a control node? look at its log")
            case .unreachable(let reason):
                CommandRefusal(
                    "no control node answers at \(base) (\(reason))\(times)",
                    hint: hint
                        ?? "start one with `pilotlight control --data DIR`, or name another with --control-url or "
                        + "PILOTLIGHT_CONTROL_URL")
            }
        }
    }

    private var unsure: String {
        "the change may or may not be published: `pilotlight history` tells; with --idempotency-key KEY of your own a "
            + "command can be repeated safely"
    }
}
