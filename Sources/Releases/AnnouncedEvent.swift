/// What is told to those who want to know of a release.
package enum AnnouncedEvent: String, Sendable, Hashable, CaseIterable {
    case launched
    case held
    case rolledBack = "rolled-back"

    /// What entering the state announces.
    init?(_ state: ReleaseState) {
        switch state {
        case .launched: self = .launched
        case .held: self = .held
        case .rolledBack: self = .rolledBack
        case .draft, .scheduled, .armed, .running, .cancelled: return nil
        }
    }
}
