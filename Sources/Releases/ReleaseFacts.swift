import Flags
import JSON

/// What a release is decided on, besides the event and the time: how things stand around it.
package struct ReleaseFacts: Sendable {
    package var gate: GateResult
    package var calendar: FreezeCalendar
    /// Flag keys among its subjects that are killed.
    package var killed: [String]
    /// Subject's flag key → the other active release that owns it.
    package var owners: [String: String]
    /// Flag key → definition as stored, of its subjects. None for one that isn't there.
    package var definitions: [String: JSONValue]
    /// Flag key → floor as stored, of its subjects.
    package var floors: [String: ReleaseFloor]
    /// Flag key → launched release → what its launch found, where not all of that had room below its own floor. Of a
    /// launched release's subjects.
    package var covered: [String: [String: ReleaseFloor]]
    /// `agent "a" is 1.4 s ahead`, for each live agent whose clock is too far off to open by.
    package var skewed: [String]
    /// A sentence for each agent whose clock isn't known yet.
    package var clocksAwaited: [String]
    /// Pilot groups of its stages or its exclusion that aren't there.
    package var unknownPilots: [String]
    /// Pilot groups that what its launch changed named before, and that are gone.
    package var lostPilots: [String]
    /// What the host finds wrong with the definitions, such as targeting that never gives null; a sentence for each.
    package var faults: [String]

    package init(
        gate: GateResult = .none, calendar: FreezeCalendar = FreezeCalendar(), killed: [String] = [],
        owners: [String: String] = [:], definitions: [String: JSONValue] = [:], floors: [String: ReleaseFloor] = [:],
        covered: [String: [String: ReleaseFloor]] = [:], skewed: [String] = [], clocksAwaited: [String] = [],
        unknownPilots: [String] = [], lostPilots: [String] = [], faults: [String] = []
    ) {
        self.gate = gate
        self.calendar = calendar
        self.killed = killed
        self.owners = owners
        self.definitions = definitions
        self.floors = floors
        self.covered = covered
        self.skewed = skewed
        self.clocksAwaited = clocksAwaited
        self.unknownPilots = unknownPilots
        self.lostPilots = lostPilots
        self.faults = faults
    }

    /// Milliseconds that an agent's clock may differ for an opening time to be armed.
    package static let mostSkew: Int64 = 1_000
}
