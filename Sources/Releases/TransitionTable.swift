/// Every way in which a release's state changes. `Release.receive` looks its event up here and nowhere else.
package enum TransitionTable {
    /// Who brings it about.
    package enum Mover: String, Sendable, Hashable {
        case `operator`
        case itself
    }

    package struct Row: Sendable, Hashable {
        package var from: ReleaseState
        package var trigger: ReleaseTrigger
        package var to: ReleaseState
        package var by: Mover
        /// What this row is for; where it isn't so, a later row of the same event is asked.
        var when: [TransitionCondition]
        /// What must be so; where it isn't, the event is refused and says why.
        var needs: [TransitionCondition]

        /// In words; empty for none.
        package var condition: String {
            let purposes = when.map(\.text).joined(separator: ", ")
            guard !needs.isEmpty else { return purposes }
            return (when.isEmpty ? "" : purposes + "; ") + "needs: " + needs.map(\.text).joined(separator: ", ")
        }

        init(
            _ from: ReleaseState, _ trigger: ReleaseTrigger, _ to: ReleaseState, _ by: Mover,
            when: [TransitionCondition] = [], needs: [TransitionCondition] = []
        ) {
            self.from = from
            self.trigger = trigger
            self.to = to
            self.by = by
            self.when = when
            self.needs = needs
        }
    }

    private static let toStart: [TransitionCondition] = [
        .openingNotOver, .isSound, .isFree, .nothingKilled, .gateGreen, .noFreeze,
    ]
    private static let toArm: [TransitionCondition] = [
        .isSound, .isFree, .nothingKilled, .gateGreen, .clocksAgree, .clocksKnown, .noFreezeAtOpening,
    ]
    private static let toAdvance: [TransitionCondition] = [.nothingKilled, .gateGreen, .noFreeze, .minimumOver]
    private static let toLaunch: [TransitionCondition] = [.isSound] + toAdvance

    /// Of one state and event the first whose purpose is met; of what a release does by itself, the first that is met in all.
    package static let rows: [Row] =
        [ReleaseState.draft, .scheduled, .armed].flatMap { state in
            // Agents open an armed one at its time, whether or not that is recorded yet.
            let yet: [TransitionCondition] = state == .armed ? [.beforeOpening] : []
            return [
                Row(
                    state, .start, .scheduled, .operator, when: yet + [.opensLater],
                    needs: [.isSound, .noFreezeAtOpening]),
                Row(state, .start, .running, .operator, when: yet + [.opensNow], needs: toStart),
                Row(state, .cancel, .cancelled, .operator, when: yet),
            ]
        } + [
            Row(.scheduled, .arm, .armed, .itself, when: [.beforeOpening], needs: toArm),
            Row(.armed, .killed, .held, .itself, when: [.openingReached, .somethingKilled]),
            Row(.armed, .open, .running, .itself, when: [.openingReached]),
            Row(.armed, .killed, .scheduled, .itself, when: [.beforeOpening, .somethingKilled]),
            Row(.armed, .turnedRed, .scheduled, .itself, when: [.beforeOpening, .gateRed]),
            Row(.armed, .withdraw, .scheduled, .itself, when: [.beforeOpening, .mayNotOpen]),
            Row(.running, .killed, .held, .itself, when: [.somethingKilled]),
            Row(.running, .turnedRed, .rolledBack, .itself, when: [.gateRed, .takesBackOnRed]),
            Row(.running, .turnedRed, .held, .itself, when: [.gateRed]),
            Row(.running, .advance, .running, .operator, when: [.noOtherStage, .stageFollows], needs: toAdvance),
            Row(
                .running, .advanceByItself, .running, .itself, when: [.advancesByItself, .stageFollows],
                needs: toAdvance),
            Row(
                .running, .advanceByItself, .launched, .itself, when: [.advancesByItself, .noStageFollows],
                needs: toLaunch),
            Row(.running, .launch, .launched, .operator, needs: toLaunch),
            Row(.running, .hold, .held, .operator),
            Row(.held, .turnedRed, .rolledBack, .itself, when: [.gateRed, .takesBackOnRed]),
            Row(.held, .resume, .running, .operator, needs: [.nothingKilled, .gateGreen, .noFreeze]),
            Row(.running, .rollBack, .rolledBack, .operator),
            Row(.held, .rollBack, .rolledBack, .operator),
            Row(.launched, .rollBack, .rolledBack, .operator, needs: [.isFree, .noConflicts]),
        ]

    /// In order.
    package static func rows(from state: ReleaseState, _ trigger: ReleaseTrigger) -> [Row] {
        rows.filter { $0.from == state && $0.trigger == trigger }
    }

    /// What an operator can do in a state, each once.
    static func operatorsTriggers(in state: ReleaseState) -> [ReleaseTrigger] {
        let triggers = rows.filter { $0.from == state && $0.by == .operator }.map(\.trigger)
        return ReleaseTrigger.allCases.filter { triggers.contains($0) }
    }

    /// As docs/releases.md has it.
    package static var markdown: String {
        let lines = ReleaseState.allCases.flatMap { state in rows.filter { $0.from == state } }.map { row in
            "| \(row.from.rawValue) | \(row.trigger.rawValue) | \(row.to.rawValue) | \(row.by.rawValue) | \(row.condition) |"
        }
        return (["| from | event | to | by | condition |", "|---|---|---|---|---|"] + lines).joined(separator: "\n")
    }
}
