/// What moves a release: the event's kind, as the transition table and the records name it.
package enum ReleaseTrigger: String, Sendable, Hashable, CaseIterable {
    case start
    case arm
    case withdraw
    case open
    case advance
    case advanceByItself = "advance-by-itself"
    case hold
    case resume
    case launch
    case rollBack = "rollback"
    case cancel
    case turnedRed = "turned-red"
    case killed
}
