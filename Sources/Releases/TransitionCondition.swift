import Flags
import JSON

/// What a row of the transition table can depend on.
enum TransitionCondition: Sendable, Hashable, CaseIterable {
    /// The opening time asked for, or else the release's own, is yet to come.
    case opensLater
    case opensNow
    /// The opening time asked for, or else the release's own unless it is to start now, isn't over.
    case openingNotOver
    case beforeOpening
    case openingReached
    /// None is asked for but the one that follows.
    case noOtherStage
    case stageFollows
    case noStageFollows
    case advancesByItself
    case takesBackOnRed
    case gateRed
    case somethingKilled
    /// Something other than the gate and a kill keeps an armed release from opening.
    case mayNotOpen
    /// What it changes is there and can be released, and so are its pilot groups.
    case isSound
    /// No other active release changes the same.
    case isFree
    case nothingKilled
    case gateGreen
    case clocksAgree
    case clocksKnown
    case noFreeze
    case noFreezeAtOpening
    case minimumOver
    case noConflicts

    var text: String {
        switch self {
        case .opensLater: "an opening time to come"
        case .opensNow: "no opening time to come"
        case .openingNotOver: "no opening time that is over (`--now`)"
        case .beforeOpening: "before the opening time"
        case .openingReached: "opening time reached"
        case .noOtherStage: "no stage but the next asked for (`--to`)"
        case .stageFollows: "a stage follows"
        case .noStageFollows: "no stage follows"
        case .advancesByItself: "the stage advances by itself"
        case .takesBackOnRed: "`onRed: rollback`, not by silence alone"
        case .gateRed: "gate red"
        case .somethingKilled: "something it changes is killed"
        case .mayNotOpen: "a clock astray, a freeze at the opening time, or what it changes no longer as it must be"
        case .isSound: "what it changes as it must be"
        case .isFree: "changed by no other active release"
        case .nothingKilled: "nothing killed"
        case .gateGreen: "gate green"
        case .clocksAgree: "clocks within 1 s"
        case .clocksKnown: "every clock known"
        case .noFreeze: "no freeze (`--despite-freeze`)"
        case .noFreezeAtOpening: "no freeze at the opening time (`--despite-freeze`)"
        case .minimumOver: "the stage's minimum over (`--early`)"
        case .noConflicts: "no conflicts (`--skip-conflicts`)"
        }
    }
}
