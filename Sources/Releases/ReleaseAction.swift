import Flags
import JSON

/// What the host of a release has to do, all of it in one transaction with the release's record.
package enum ReleaseAction: Sendable, Hashable {
    /// Agents are told this from now on.
    case show(StagedRelease)
    /// Agents are no longer told of it.
    case conceal
    /// The definition of a flag or a component, as it is stored from now on.
    case define(flag: String, JSONValue)
    /// What agents below a required version go on answering by; nil for none.
    case floor(flag: String, ReleaseFloor?)
    /// What another release's launch found of earlier floors, as its record has it from now on; nil for nothing.
    case cover(release: String, flag: String, ReleaseFloor?)
    /// A flag or a component isn't as it was before the release in all, and why: a sentence each.
    case leave(flag: String, [String])
    case announce(AnnouncedEvent)
}
