/// What a release can be told: an operator's word, or what its host has seen.
package enum ReleaseEvent: Sendable, Hashable {
    /// - Parameters:
    ///   - opens: seconds since 1970, in the future; nil for the release's own, or at once where it has none. One that is
    ///     over is refused.
    ///   - now: at once, whatever opening time there is.
    case start(opens: Int64? = nil, now: Bool = false, despiteFreeze: Bool = false)
    case arm
    case withdraw
    case open
    /// - Parameters:
    ///   - to: the stage that is to follow now, by its name or its number from 1; nil for whichever follows.
    ///   - early: before the stage's minimum is over.
    case advance(to: String? = nil, early: Bool = false, despiteFreeze: Bool = false)
    case advanceByItself
    case hold
    case resume(despiteFreeze: Bool = false)
    case launch(early: Bool = false, despiteFreeze: Bool = false)
    /// - Parameter skipConflicts: what was changed otherwise since the launch stays as it is.
    case rollBack(skipConflicts: Bool = false)
    case cancel
    case turnedRed
    /// One of its subjects, by flag key.
    case killed(String)

    package var trigger: ReleaseTrigger {
        switch self {
        case .start: .start
        case .arm: .arm
        case .withdraw: .withdraw
        case .open: .open
        case .advance: .advance
        case .advanceByItself: .advanceByItself
        case .hold: .hold
        case .resume: .resume
        case .launch: .launch
        case .rollBack: .rollBack
        case .cancel: .cancel
        case .turnedRed: .turnedRed
        case .killed: .killed
        }
    }

    var isEarly: Bool {
        switch self {
        case .advance(_, let early, _), .launch(let early, _): early
        default: false
        }
    }

    var isDespiteFreeze: Bool {
        switch self {
        case .start(_, _, let despite), .advance(_, _, let despite), .launch(_, let despite), .resume(let despite):
            despite
        default: false
        }
    }
}
