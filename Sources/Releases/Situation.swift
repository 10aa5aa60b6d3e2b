import Flags
import JSON

/// A release before an event, with all that it is decided on.
struct Situation {
    var release: Release
    var event: ReleaseEvent
    var facts: ReleaseFacts
    var at: ReleaseTime

    /// Why a condition isn't met.
    struct Unmet {
        var detail: String
        var hint: String? = nil
        var agents: [String] = []
        var conflicts: [String] = []
    }

    /// The opening time that a start comes to, in seconds since 1970; nil for at once.
    var openingAsked: Int64? {
        guard case .start(let asked, let now, _) = event, !now else { return nil }
        return [asked ?? release.opens].compactMap { $0 }.first { isToCome($0) }
    }

    /// What a start asks for and can't have any more, in seconds since 1970.
    private var over: Int64? {
        guard case .start(let asked, let now, _) = event else { return nil }
        return (asked ?? (now ? nil : release.opens)).flatMap { isToCome($0) ? nil : $0 }
    }

    private static let startOver = "give --opens with a time to come, or --now"

    func isToCome(_ seconds: Int64) -> Bool { seconds * 1_000 > at.wall }

    func holds(_ row: TransitionTable.Row) -> Bool {
        row.when.allSatisfy { unmet($0) == nil } && row.needs.allSatisfy { unmet($0) == nil }
    }

    /// Nil where the condition is met.
    func unmet(_ condition: TransitionCondition) -> Unmet? {
        switch condition {
        case .opensLater: said(openingAsked != nil, "it has no opening time to come")
        case .opensNow: said(openingAsked == nil, "it opens later")
        case .openingNotOver:
            over.flatMap { said(false, "the opening time \(Timestamp.text(seconds: $0)) is over", Self.startOver) }
        case .beforeOpening: said(release.opens.map { isToCome($0) } ?? false, missed)
        case .openingReached: said(release.opens.map { !isToCome($0) } ?? true, "its opening time is yet to come")
        case .noOtherStage: otherStage
        case .stageFollows: said(!release.isAtLastStage, lastStage, "`pilotlight release launch \(release.name)`")
        case .noStageFollows: said(release.isAtLastStage, "a stage follows")
        case .advancesByItself:
            said(release.currentStage?.advancesByItself ?? false, "stage \(stageText) is advanced by hand")
        case .takesBackOnRed:
            said(release.plan.onRed == .rollBack && !facts.gate.isBySilence, "it is held when its gate is red")
        case .gateRed: said(facts.gate.verdict == .red, "its gate isn't red")
        case .somethingKilled: said(!killed.isEmpty, "nothing that it changes is killed")
        case .mayNotOpen:
            said(
                [.isSound, .isFree, .clocksAgree, .noFreezeAtOpening].contains { unmet($0) != nil },
                "nothing keeps it from opening")
        case .isSound: said(faults.isEmpty, list(faults), "correct that first")
        case .isFree: unfree
        case .nothingKilled:
            said(
                killed.isEmpty, list(killed.map { "\(ComponentKey.title(of: $0)) is killed" }),
                "unkill first what is killed, or take the release back")
        case .gateGreen: ungreen
        case .clocksAgree:
            said(
                facts.skewed.isEmpty, list(facts.skewed),
                "an opening time needs clocks that differ by less than \(Self.mostSkew): set them")
        case .clocksKnown: said(facts.clocksAwaited.isEmpty, list(facts.clocksAwaited), "it says so within a second")
        case .noFreeze: event.isDespiteFreeze ? nil : unfrozen(at: at.wallSeconds) { "\($0) is on" }
        case .noFreezeAtOpening:
            (openingAsked == nil ? release.opensDespiteFreeze : event.isDespiteFreeze)
                ? nil : (openingAsked ?? release.opens).flatMap(unfrozenOpening)
        case .minimumOver:
            said(
                event.isEarly || at.steady >= release.minimumUntil,
                "stage \(stageText) lasts another \(remaining) at least", "wait for it, or give --early")
        case .noConflicts: conflicting
        }
    }

    private func said(_ isMet: Bool, _ detail: @autoclosure () -> String, _ hint: String? = nil) -> Unmet? {
        isMet ? nil : Unmet(detail: detail(), hint: hint)
    }

    private func list(_ sentences: [String]) -> String { sentences.joined(separator: "; ") }

    private static let mostSkew = "\(ReleaseFacts.mostSkew / 1_000) s"

    // MARK: One by one

    private var missed: String {
        guard let opens = release.opens else { return "it has no opening time" }
        return "its opening time, \(Timestamp.text(seconds: opens)), is over"
    }

    private var lastStage: String { "stage \(stageText) is the last one" }

    /// `2 of 6, "10 %",`
    private var stageText: String {
        "\(release.stage + 1) of \(release.plan.stages.count)"
            + (release.currentStage.map { ", \"\($0.name)\"," } ?? "")
    }

    /// Somebody else was quicker, or one stage would be left out.
    private var otherStage: Unmet? {
        guard case .advance(let asked?, _, _) = event else { return nil }
        let (stages, name) = (release.plan.stages, release.name)
        guard let index = release.plan.stage(called: asked) else {
            return Unmet(
                detail: "it is at stage \(stageText) and has no stage \"\(asked)\"",
                hint: "its stages: " + stages.prefix(Self.mostNamed).map { "\"\($0.name)\"" }.joined(separator: ", ")
                    + (stages.count > Self.mostNamed ? " and \(stages.count - Self.mostNamed) more" : ""))
        }
        let next = release.stage + 1
        guard index != next else { return nil }
        let seen = "`pilotlight release show \(name)` says who brought it there"
        if index == release.stage {
            return Unmet(detail: "it is at stage \(stageText) already", hint: seen)
        }
        let detail = "it is at stage \(stageText) and was to go on to stage \(index + 1), \"\(stages[index].name)\""
        if index > next {
            return Unmet(
                detail: detail, hint: "one after the other: `pilotlight release advance \(name) --to \(next + 1)`")
        }
        return Unmet(detail: detail, hint: "it has been there already; \(seen)")
    }

    /// Of stages, in one sentence.
    private static let mostNamed = 5

    private var remaining: String {
        let seconds = max(1, (release.minimumUntil - at.steady + 999) / 1_000)
        let units: [(seconds: Int64, name: String)] = [(86_400, "days"), (3_600, "h"), (60, "min")]
        for unit in units where seconds >= 2 * unit.seconds {
            return "\((seconds + unit.seconds - 1) / unit.seconds) \(unit.name)"
        }
        return "\(seconds) s"
    }

    /// Flag keys of its subjects.
    var killed: [String] {
        var killed = facts.killed
        if case .killed(let key) = event, release.plan.subjects.contains(key), !killed.contains(key) {
            killed.append(key)
        }
        return killed
    }

    private var unfree: Unmet? {
        let owned = release.plan.subjects.compactMap { key in
            facts.owners[key].map { "\(ComponentKey.title(of: key)) is being changed by release \"\($0)\"" }
        }
        return said(
            owned.isEmpty, list(owned),
            "wait until that one is launched, or take it back: `pilotlight release rollback`"
        )
    }

    private var ungreen: Unmet? {
        let detail = list(facts.gate.details)
        switch facts.gate.verdict {
        case .green: return nil
        case .red:
            return Unmet(
                detail: "its gate is red: \(detail)",
                hint: list(["see `pilotlight deployment list`"] + facts.gate.hints),
                agents: facts.gate.agents)
        case .unknown:
            return Unmet(
                detail: "its gate isn't known yet: \(detail)", hint: "try again in a few seconds",
                agents: facts.gate.agents)
        }
    }

    private func unfrozenOpening(at seconds: Int64) -> Unmet? {
        unfrozen(at: seconds) { "the opening time \(Timestamp.text(seconds: seconds)) lies in \($0), which is on" }
    }

    /// Says when the freeze ends, and by which window where others follow on the first; not what time it is, which would be
    /// another sentence every second.
    ///
    /// - Parameter sentence: how it begins, by the freeze: `the freeze "christmas" (audit)`.
    private func unfrozen(at seconds: Int64, _ sentence: (String) -> String) -> Unmet? {
        guard let frozen = facts.calendar.frozen(at: seconds) else { return nil }
        let (first, last) = (frozen.first.window, frozen.last.window)
        let beginning = sentence("the freeze \"\(first.name)\"" + (first.reason.map { " (\($0))" } ?? ""))
        let follows = last.name.isExactly(first.name) ? "" : ", when \"\(last.name)\" ends, which follows"
        let end = Timestamp.text(seconds: frozen.end ?? frozen.last.until) + (frozen.end == nil ? " at least" : follows)
        return Unmet(detail: "\(beginning) until \(end)", hint: "wait for its end, or give --despite-freeze")
    }

    /// What is wrong with what it changes.
    private var faults: [String] {
        release.plan.changes.compactMap { fault(in: $0) }
            + facts.unknownPilots.map { "there is no pilot group \"\($0)\"" } + facts.faults
    }

    private func fault(in change: FlagVariant) -> String? {
        let title = ComponentKey.title(of: change.flag)
        guard let definition = facts.definitions[change.flag] else { return "there is no \(title)" }
        if ComponentKey.isComponent(change.flag) {
            guard let version = definition["versions"]?[change.variant] else {
                return "\(title) has no version \"\(change.variant)\""
            }
            let isRetired = version["state"]?.stringValue == ComponentVersion.State.retired.rawValue
            return isRetired ? "version \"\(change.variant)\" of \(title) is retired" : nil
        }
        if definition["state"]?.stringValue == FlagDefinition.State.disabled.rawValue { return "\(title) is disabled" }
        return definition["variants"]?[change.variant] == nil ? "\(title) has no variant \"\(change.variant)\"" : nil
    }

    private var conflicting: Unmet? {
        if case .rollBack(true) = event { return nil }
        let conflicts = undone.flatMap(\.conflicts)
        guard !conflicts.isEmpty else { return nil }
        return Unmet(
            detail: "what it changed was changed otherwise since: " + list(conflicts),
            hint: "set that right by hand, or give --skip-conflicts to leave it as it is", conflicts: conflicts)
    }

    /// Each subject that the launch changed, with the launch taken back.
    var undone: [(flag: String, definition: JSONValue?, conflicts: [String])] {
        release.plan.subjects.compactMap { key in
            let edits = release.edits.filter { $0.flag.isExactly(key) }
            guard !edits.isEmpty else { return nil }
            let (definition, conflicts) = LaunchEdit.undo(
                edits, facts.definitions[key], without: facts.lostPilots)
            return (key, definition, conflicts)
        }
    }
}
