/// Where a release stands. `TransitionTable` has every way from one to another.
package enum ReleaseState: String, Sendable, Hashable, CaseIterable {
    /// Written down; nobody is told.
    case draft
    /// Has an opening time and waits to be armed, or has missed it.
    case scheduled
    /// Agents know of it and open it by their own clocks.
    case armed
    /// Users get it, as far as its stage goes.
    case running
    /// Stays at its stage.
    case held
    /// Everyone has it: it is part of the definitions.
    case launched
    case rolledBack = "rolled-back"
    /// Given up before anyone had it.
    case cancelled

    /// Owns what it changes: nothing else may change that meanwhile, and agents are told of it.
    package var isActive: Bool {
        switch self {
        case .armed, .running, .held: true
        case .draft, .scheduled, .launched, .rolledBack, .cancelled: false
        }
    }

    /// What a release is then: `a draft`, `rolled back`.
    package var text: String {
        switch self {
        case .draft: "a draft"
        case .rolledBack: "rolled back"
        case .scheduled, .armed, .running, .held, .launched, .cancelled: rawValue
        }
    }

    /// Nothing leads on from here.
    package var isFinal: Bool {
        switch self {
        case .rolledBack, .cancelled: true
        case .draft, .scheduled, .armed, .running, .held, .launched: false
        }
    }
}
