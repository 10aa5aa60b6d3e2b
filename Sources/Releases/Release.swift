import Flags
import JSON

/// One release: its plan, where it stands and how it came there. A value that takes events and gives actions; nothing
/// happens but by `TransitionTable`.
package struct Release: Sendable, Hashable {
    /// Its own for good; what is announced is known by it.
    package let id: String
    package let plan: ReleasePlan
    package internal(set) var state: ReleaseState
    /// From 0; of meaning while it runs or is held.
    package internal(set) var stage: Int
    /// When the stage began, or was resumed, in steady milliseconds.
    package internal(set) var stageSince: Int64
    /// The same by the calendar.
    package internal(set) var stageSinceWall: Int64
    /// Seconds since 1970. Nil: at once when it is started.
    package internal(set) var opens: Int64?
    /// It was started so that no freeze keeps it from opening.
    package internal(set) var opensDespiteFreeze: Bool
    /// What its launch changed, to be taken back.
    package internal(set) var edits: [LaunchEdit]
    /// What its launch let go of earlier floors, to be given back.
    package internal(set) var covered: [CoveredFloor]
    /// The oldest first; at most `mostRecords`.
    package internal(set) var history: [ReleaseRecord]

    package static let mostRecords = 1_000

    /// A draft.
    package init(_ plan: ReleasePlan, id: String, at: ReleaseTime, by: String, why: String) {
        self.id = id
        self.plan = plan
        state = .draft
        stage = 0
        stageSince = 0
        stageSinceWall = 0
        opens = plan.opens
        opensDespiteFreeze = false
        edits = []
        covered = []
        history = [
            ReleaseRecord(
                number: 1, at: at.wall, from: nil, to: .draft, stage: nil, trigger: nil, actor: by, why: why)
        ]
    }

    package var name: String { plan.name }

    /// What agents are told in this state; nil for nothing. Later stages are open: an opening time that is over must not
    /// close them for an agent whose clock was set back.
    package var staged: StagedRelease? {
        state.isActive ? plan.staged(atStage: stage, opens: stage == 0 ? opens : nil) : nil
    }

    /// The stage it is at; nil where it isn't at any.
    package var currentStage: ReleaseStage? {
        (state == .running || state == .held) && plan.stages.indices.contains(stage) ? plan.stages[stage] : nil
    }

    var isAtLastStage: Bool { stage >= plan.stages.count - 1 }

    /// In steady milliseconds.
    var minimumUntil: Int64 { stageSince + (currentStage?.minimumSeconds ?? 0) * 1_000 }

    /// What its launch found of a flag's earlier floors is this from now on: one of them was taken back.
    package mutating func cover(_ flag: String, _ floor: ReleaseFloor?) {
        covered = covered.compactMap { cover in
            cover.flag.isExactly(flag) ? floor.map { CoveredFloor(flag: flag, floor: $0) } : cover
        }
    }

    /// What is announced under the last record begins with this.
    package var eventID: String { "\(id)-\(history.last?.number ?? 0)" }
}
