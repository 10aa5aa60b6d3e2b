import Flags
import JSON

extension Release {
    /// What it waits for, a sentence each.
    package func waitingFor(_ facts: ReleaseFacts, at: ReleaseTime) -> [String] {
        func unmet(_ event: ReleaseEvent, to next: ReleaseState, besides passed: [TransitionCondition] = []) -> [String]
        {
            let situation = Situation(release: self, event: event, facts: facts, at: at)
            let row = TransitionTable.rows(from: state, event.trigger).first { row in
                row.to == next && row.when.allSatisfy { situation.unmet($0) == nil }
            }
            return (row?.needs ?? []).filter { !passed.contains($0) }.compactMap { situation.unmet($0)?.detail }
        }
        switch state {
        case .draft:
            let start = Situation(release: self, event: .start(), facts: facts, at: at)
            let needs = unmet(.start(), to: start.openingAsked == nil ? .running : .scheduled)
            return needs + [start.unmet(.openingNotOver) == nil ? "`pilotlight release start \(name)`" : startAnew]
        case .scheduled:
            let opens = opens.map { Timestamp.text(seconds: $0) } ?? "none"
            guard Situation(release: self, event: .arm, facts: facts, at: at).unmet(.beforeOpening) == nil else {
                let missed = "it wasn't armed by its opening time, \(opens), and opens nowhere"
                return ["\(missed): \(startAnew)"]
            }
            let needs = unmet(.arm, to: .armed)
            return needs.isEmpty ? ["it is about to be armed for \(opens)"] : needs
        case .armed: return ["its opening time, " + (opens.map { Timestamp.text(seconds: $0) } ?? "which is over")]
        case .running:
            let isLast = isAtLastStage
            let needs = unmet(isLast ? .launch() : .advance(), to: isLast ? .launched : .running)
            guard needs.isEmpty else { return needs }
            if currentStage?.advancesByItself == true { return ["it is about to \(isLast ? "launch" : "advance")"] }
            return ["`pilotlight release \(isLast ? "launch" : "advance") \(name)`"]
        case .held:
            let needs = unmet(.resume(), to: .running)
            return needs + ["`pilotlight release resume \(name)`, or `pilotlight release rollback \(name)`"]
        case .launched, .rolledBack, .cancelled: return []
        }
    }

    /// What brings one on its way whose opening time is over.
    private var startAnew: String {
        "`pilotlight release start \(name) --opens TIME`, or `pilotlight release start \(name) --now`"
    }

    /// Why it does something by itself.
    func reason(of situation: Situation) -> String {
        let red = "its gate turned red: " + situation.facts.gate.details.joined(separator: "; ")
        switch situation.event.trigger {
        case .arm: return "its gate is green"
        case .withdraw:
            let conditions: [TransitionCondition] = [.isSound, .isFree, .clocksAgree, .noFreezeAtOpening]
            return conditions.compactMap { situation.unmet($0)?.detail }.joined(separator: "; ")
        case .open: return "its opening time is reached"
        case .advanceByItself: return "the stage's minimum is over and its gate is green"
        case .turnedRed: return red
        case .killed:
            return situation.killed.map { "\(ComponentKey.title(of: $0)) is killed" }.joined(separator: "; ")
        case .start, .advance, .hold, .resume, .launch, .rollBack, .cancel: return ""
        }
    }
}

extension ReleaseTrigger {
    /// The event of a trigger that a release has by itself; nil for an operator's.
    func own(_ facts: ReleaseFacts) -> ReleaseEvent? {
        switch self {
        case .arm: .arm
        case .withdraw: .withdraw
        case .open: .open
        case .advanceByItself: .advanceByItself
        case .turnedRed: .turnedRed
        case .killed: facts.killed.first.map { .killed($0) }
        case .start, .advance, .hold, .resume, .launch, .rollBack, .cancel: nil
        }
    }

    /// The title of a refusal.
    var refusal: String {
        switch self {
        case .start: "Release not started"
        case .arm: "Release not armed"
        case .withdraw: "Release not withdrawn"
        case .open: "Release not opened"
        case .advance, .advanceByItself: "Release not advanced"
        case .hold, .killed, .turnedRed: "Release not held"
        case .resume: "Release not resumed"
        case .launch: "Release not launched"
        case .rollBack: "Release not rolled back"
        case .cancel: "Release not cancelled"
        }
    }
}
