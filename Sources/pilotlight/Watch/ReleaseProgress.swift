import JSON

/// What there is to say of a release while it is followed. Decides only: whoever follows asks, prints and repeats.
struct ReleaseProgress {
    enum End: Int32 {
        case launched = 0
        case held = 2
        case rolledBack = 3
        case cancelled = 4
        case missed = 5
        /// Gone, or another release has its name: whoever follows sees it by what is answered, and no state tells.
        case deleted = 6
    }

    /// The number of the last transition that was told.
    private var told: Int64?
    /// Reasons to wait that were told since that transition, without their numbers: a time that runs down is no news.
    private var reasons: Set<String> = []
    /// The stage of which was told that somebody must go on.
    private var byHand: Int?

    /// Lines that are new, the oldest first.
    mutating func lines(_ release: ShownRelease, environment: String, _ style: OutputStyle) -> [String] {
        var lines: [String] = []
        let history = release.history
        if told == nil {
            lines.append("\(PrintableText.of(release.name)): \(release.standing(style))")
        } else {
            lines += history.filter { $0.number > told ?? 0 }.map { release.line($0, style) }
        }
        let last = max(told ?? 0, history.last?.number ?? 0)
        if last != told { reasons = [] }
        told = last
        for reason in release.waitingFor where Self.isNews(reason) {
            guard reasons.insert(reason.filter { !$0.isNumber }).inserted else { continue }
            lines.append("  waits for: \(PrintableText.of(reason))")
        }
        if let line = nextByHand(release, environment) { lines.append("  \(line)") }
        return lines
    }

    private mutating func nextByHand(_ release: ShownRelease, _ environment: String) -> String? {
        guard release.state == .running, let stage = release.currentStage, let number = release.stageNumber,
            !stage.advancesByItself
        else {
            byHand = nil
            return nil
        }
        guard byHand != number else { return nil }
        byHand = number
        let verb = number < release.stages.count ? "advance" : "launch"
        let option = EnvironmentOption.words(for: environment)
        let minimum = stage.minimum.map { ", \($0) after it began or later" } ?? ""
        return "the next step is by hand\(minimum): pilotlight release \(verb) \(release.name)\(option)"
    }

    /// What happens at once, and what an operator does next, are told by lines of their own.
    private static func isNews(_ reason: String) -> Bool {
        !reason.hasPrefix("it is about to ") && !reason.hasPrefix("`pilotlight release ")
    }

    /// What is said of one that was started before, when it is to be followed again.
    static func takenUp(_ release: ShownRelease) -> String {
        let name = PrintableText.of(release.name)
        return switch end(release) {
        case nil: "\(name) is \(release.stateWords) already: following it"
        case .missed: "\(name) was started before, and has missed its opening time"
        default: "\(name) was started before, and is \(release.stateWords)"
        }
    }

    static func end(_ release: ShownRelease) -> End? {
        switch release.state {
        case .launched: .launched
        case .held: .held
        case .rolledBack: .rolledBack
        case .cancelled: .cancelled
        case .scheduled where release.isMissed: .missed
        case .draft, .scheduled, .armed, .running, nil: nil
        }
    }

    /// One line of what it is about now: `autumn-sale: running, stage 2 of 4 (early), 3 min left`
    static func line(_ release: ShownRelease, at now: Int64) -> String {
        var line = "\(PrintableText.of(release.name)): \(release.standing(.plain))"
        if release.state == .running, let until = release.minimumUntil, until > now {
            line += ", \(SpanText.of(seconds: until - now)) left"
        }
        if [.scheduled, .armed].contains(release.state), let opens = release.opensSeconds, opens > now {
            line += ", in \(SpanText.of(seconds: opens - now))"
        }
        return line
    }
}
